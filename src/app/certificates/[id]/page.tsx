import type { Metadata } from 'next';
import { CertificateView } from '#components/certificate-view.tsx';
import { orNotFound } from '../../not-found-answer.ts';
import { serverApi } from '../../server.ts';
import { CertificateActions } from './certificate-actions.tsx';

type Props = { params: Promise<{ id: string }> };

const certificateOf = async ({ params }: Props) => {
  const { id } = await params;
  return orNotFound((await serverApi()).certificate.byId({ id }));
};

export const generateMetadata = async (props: Props): Promise<Metadata> => {
  const { constructId } = await certificateOf(props);
  return { title: `Certificate of ${constructId}` };
};

const CertificatePage = async (props: Props) => {
  const certificate = await certificateOf(props);
  const { id } = certificate;
  const api = await serverApi();
  const audit = await api.certificate.audit({ id });
  const can = await api.certificate.options({ id });
  return (
    <CertificateView
      certificate={certificate}
      standing={certificate}
      audit={audit}
      actions={
        can.revoke || can.dispute ? <CertificateActions id={id} standing={certificate} can={can} /> : null
      }
    />
  );
};

export default CertificatePage;
