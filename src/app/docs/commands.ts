/** Programs of a few lines, served below `/docs/programs/`. */
export const programs = ['check-log.go', 'check-signature.sh'] as const;

/** What the page shows to be typed into a shell, block by block. Its test runs all but the installation as they stand. */
export const variables = (issuer: string, certificateId: string) =>
  `ISSUER=${issuer}
CERTIFICATE=${certificateId}`;

export const keys = `curl -fsS "$ISSUER/.well-known/jwks.json" -o issuer.jwks.json
curl -fsS "$ISSUER/log/vkey" -o log.vkey`;

export const ownCheck =
  'npx echelon-verify check "$ISSUER/certificates/$CERTIFICATE" --keys issuer.jwks.json --log-key log.vkey';

export const ownMonitor = 'npx echelon-verify log monitor "$ISSUER" --log-key log.vkey';

export const signatureCheck = `curl -fsSO "$ISSUER/docs/programs/check-signature.sh"
sh check-signature.sh "$ISSUER/certificates/$CERTIFICATE" issuer.jwks.json`;

export const goInstallation = 'apt-get install golang-go golang-golang-x-mod-dev';

export const logCheck = `curl -fsSO "$ISSUER/docs/programs/check-log.go"
export GO111MODULE=off GOPATH=/usr/share/gocode
go run check-log.go "$ISSUER" "$CERTIFICATE" log.vkey log.seen`;
