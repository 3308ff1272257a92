/** Milliseconds since the epoch, by a clock that nobody sets: differences stay true when the machine's clock is moved. */
export const steadyNow = (): number => performance.timeOrigin + performance.now();
