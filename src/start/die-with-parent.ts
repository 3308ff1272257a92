/**
 * Preloaded into the programs that start.ts starts. Their channel to it closes when it dies, even by kill -9. The channel
 * stays referenced, because next dev's server needs the messages on it.
 */
if (process.channel) process.once('disconnect', () => process.exit(1));
