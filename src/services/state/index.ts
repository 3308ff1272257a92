export { loggingStatus } from './status-news.ts';
export { announceWorker, judgesHere } from './workers.ts';
