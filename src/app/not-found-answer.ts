import { TRPCError } from '@trpc/server';
import { notFound } from 'next/navigation';

/** What a procedure answers; its NOT_FOUND becomes the not-found page, every other error stays an error. */
export const orNotFound = async <T>(answer: Promise<T>): Promise<T> => {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof TRPCError && error.code === 'NOT_FOUND') notFound();
    throw error;
  }
};
