import type { Metadata } from 'next';
import { PageHeading } from '#components/page-heading.tsx';
import type { SearchParams } from '../../list-query.ts';
import { requireUser, serverApi } from '../../server.ts';
import { RunForm } from './run-form.tsx';

export const metadata: Metadata = { title: 'New run' };

const first = (value: string | string[] | undefined) => (Array.isArray(value) ? value[0] : value) ?? '';

const NewRunPage = async ({ searchParams }: { searchParams: Promise<SearchParams> }) => {
  await requireUser('/runs/new');
  const params = await searchParams;
  const options = await (await serverApi()).run.options();
  return (
    <>
      <PageHeading title="New run">
        <p>
          The run asks an oracle about a repository’s merged pull requests, one by one, and a judge compares
          its answers with what really changed. The resulting certificate is public.
        </p>
      </PageHeading>
      <RunForm options={options} repoUrl={first(params.repoUrl)} constructId={first(params.constructId)} />
    </>
  );
};

export default NewRunPage;
