/** Preloaded into the programs that start.ts starts: the channel to it closes with it, even after kill -9. */
if (process.channel) {
  process.once('disconnect', () => process.exit(1));
  // The channel alone must not keep a program running that has nothing left to do.
  process.channel.unref();
}
