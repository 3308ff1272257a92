import { networkOfAddress } from '#contracts/client-header.ts';
import type { Standing } from '#contracts/standing.ts';

/** A sender whose session or token is good. */
export type KnownSender = { userId: string; standing: Standing };

/** Who sends a request. `address` is null where clients cannot be told apart. */
export type Sender = { known: KnownSender | null; address: string | null };

/** How much one kind of sender may hold: all of them together, and each account, address and network. */
export type Room = Partial<Record<'all' | 'account' | 'address' | 'network', number>>;

/** What one sender's holding counts for, and the most of it. */
export type Bounds = ReadonlyMap<string, number>;

export const boundsIn = (name: string, room: Room, { known, address }: Sender): Bounds => {
  const parties = {
    all: 'all',
    account: known?.userId ?? null,
    address,
    network: address === null ? null : networkOfAddress(address),
  };
  return new Map(
    Object.entries(room).flatMap(([kind, most]): [string, number][] => {
      const party = parties[kind as keyof typeof parties];
      return party === null ? [] : [[`${name} ${kind} ${party}`, most]];
    }),
  );
};

/** What is held of rooms at present. */
export const openRooms = () => {
  const held = new Map<string, number>();
  const heldOf = (name: string) => held.get(name) ?? 0;
  return {
    heldOf,
    /** Whether that much more fits. */
    hasRoom: (bounds: Bounds, amount: number): boolean =>
      [...bounds].every(([name, most]) => heldOf(name) + amount <= most),
    /** Adds to what is held, or with a negative amount gives back. */
    hold: (bounds: Bounds, amount: number): void => {
      for (const name of bounds.keys()) {
        const now = heldOf(name) + amount;
        if (now === 0) held.delete(name);
        else held.set(name, now);
      }
    },
  };
};
