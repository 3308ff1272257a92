/** @type {import('next').NextConfig} */
const nextConfig = {
  poweredByHeader: false,
  reactStrictMode: true,
  // pg-boss and postgres resolve their own files at run time; bundling them breaks that.
  serverExternalPackages: ['pg-boss', 'postgres', 'pino'],
};

export default nextConfig;
