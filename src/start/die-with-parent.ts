/**
 * Preloaded into the programs that start.ts starts: the channel to it closes with it, even after kill -9. The channel is
 * not unreferenced, since next dev's server lives by the messages on it.
 */
if (process.channel) process.once('disconnect', () => process.exit(1));
