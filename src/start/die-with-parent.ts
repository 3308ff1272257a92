/**
 * Preloaded into the programs that start.ts starts. Their channel to it closes when it dies, even by kill -9. The channel
 * stays referenced, because next dev's server needs the messages on it. The end is a signal, because an exit of Node's
 * own was seen to wait for ever for one of its threads.
 */
if (process.channel) process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
