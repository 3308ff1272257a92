import { getComposition } from '#composition.ts';
import { handleTrpc } from '#trpc/handler.ts';

const handle = (request: Request) => handleTrpc(getComposition(), request);

export { handle as GET, handle as POST };
