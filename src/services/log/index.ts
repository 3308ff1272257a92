export { askWitnesses } from './ask-witnesses.ts';
export { getKeySet } from './keys.ts';
export { openLog, signLog } from './open.ts';
export { publishCheckpoint } from './publish.ts';
export { getCheckpoint, getTile, getVerifierKeys } from './read.ts';
export { type InstallationKey, listKeys, retireKey } from './retire-key.ts';
