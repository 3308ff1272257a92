/** @type {import('next').NextConfig} */
const nextConfig = {
  poweredByHeader: false,
  reactStrictMode: true,
  // pg-boss and postgres resolve their own files at run time; bundling them breaks that. Prometheus' and
  // OpenTelemetry's packages are loaded by few processes and need no bundling.
  serverExternalPackages: [
    'pg-boss',
    'postgres',
    'pino',
    'prom-client',
    '@opentelemetry/api',
    '@opentelemetry/exporter-trace-otlp-http',
    '@opentelemetry/resources',
    '@opentelemetry/sdk-trace',
  ],
};

export default nextConfig;
