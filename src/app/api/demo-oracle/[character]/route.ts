import { isCharacterName } from '../oracle.ts';
import { answerRequest, refuse } from '../receive.ts';

export const dynamic = 'force-dynamic';

type Route = { params: Promise<{ character: string }> };

/** The demonstration oracle as the character that the address names. */
export const POST = async (request: Request, { params }: Route): Promise<Response> => {
  const { character } = await params;
  return isCharacterName(character)
    ? answerRequest(request, character)
    : refuse(404, 'The demonstration oracle has the characters good, mixed, lazy and liar.');
};
