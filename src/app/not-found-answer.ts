import { TRPCError } from '@trpc/server';
import { notFound } from 'next/navigation';

/** A procedure's answer. NOT_FOUND shows the not-found page; any other error stays an error. */
export const orNotFound = async <T>(answer: Promise<T>): Promise<T> => {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof TRPCError && error.code === 'NOT_FOUND') notFound();
    throw error;
  }
};
