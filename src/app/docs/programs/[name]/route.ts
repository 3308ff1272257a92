import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { programs } from '../../commands.ts';

// Part of the build: a program changes only with the page that shows how it is run.
export const dynamic = 'force-static';
export const dynamicParams = false;
export const generateStaticParams = () => programs.map((name) => ({ name }));

type Route = { params: Promise<{ name: string }> };

export const GET = async (_: Request, { params }: Route) => {
  const { name } = await params;
  if (!programs.some((known) => known === name)) return new Response(null, { status: 404 });
  const text = await readFile(join(process.cwd(), 'src/app/docs/programs', name), 'utf8');
  return new Response(text, { headers: { 'content-type': 'text/plain; charset=utf-8' } });
};
