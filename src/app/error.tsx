'use client';

import { PageHeading } from '#components/page-heading.tsx';

/** The server's log has `digest` beside the error. The error's own message never leaves the server. */
const ErrorPage = ({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) => (
  <>
    <PageHeading title="This page could not be shown">
      <p>
        Something failed on our side. Nothing you did is lost. Try again. If it fails again, search the
        installation’s log{error.digest === undefined ? '' : ` for ${error.digest}`}.
      </p>
    </PageHeading>
    <button type="button" className="button" onClick={reset}>
      Try again
    </button>
  </>
);

export default ErrorPage;
