import { getComposition } from '#composition.ts';
import { handleTrpc } from '#trpc/handler.ts';

const handle = async (request: Request) => handleTrpc(await getComposition(), request);

export { handle as GET, handle as POST };
