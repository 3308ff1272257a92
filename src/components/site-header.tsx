import Link from 'next/link';
import { SignOutButton } from './sign-out-button.tsx';

const linkClass = 'rounded px-1 py-2 text-muted hover:text-ink';

/** `userName` is null for a visitor who is not signed in. */
export const SiteHeader = ({ userName }: { userName: string | null }) => (
  <header className="flex flex-wrap items-center justify-between gap-x-6 border-b border-line py-3">
    <Link href="/" className="rounded py-2 text-lg font-semibold tracking-tight">
      Echelon Verify
    </Link>
    <nav
      aria-label="Main"
      className="-mx-1 flex flex-wrap items-center gap-x-3 text-sm sm:gap-x-4 sm:text-[0.9375rem]"
    >
      <Link href="/certificates" className={linkClass}>
        Certificates
      </Link>
      {userName === null ? (
        <Link href="/sign-in" className={linkClass}>
          Sign in
        </Link>
      ) : (
        <>
          <Link href="/runs" className={linkClass}>
            My runs
          </Link>
          <Link href="/runs/new" className={linkClass}>
            New run
          </Link>
          <SignOutButton userName={userName} />
        </>
      )}
    </nav>
  </header>
);
