// SPDX-License-Identifier: Apache-2.0

package resources

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"gamesession.dev/operator/api/v1alpha1"
)

// Where a shard finds its Secrets. The operator never reads them.
const (
	keysDir       = "/var/run/gamesession/keys"
	keysVolume    = "signing-keys"
	tlsDir        = "/var/run/gamesession/tls"
	tlsVolume     = "tls"
	issuersDir    = "/var/run/gamesession/issuers"
	issuersVolume = "issuer-keys"
	tmpVolume     = "tmp"
)

func volumes(pool *v1alpha1.ShardPool) []corev1.Volume {
	list := []corev1.Volume{
		secretVolume(keysVolume, pool.Spec.SigningKeySecretRef),
		{Name: tmpVolume, VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{
			SizeLimit: resource.NewQuantity(16<<20, resource.BinarySI),
		}}},
	}
	if ref := pool.Spec.TLSSecretRef; ref != nil {
		list = append(list, secretVolume(tlsVolume, *ref))
	}
	if sets := keySets(pool); len(sets) > 0 {
		list = append(list, corev1.Volume{Name: issuersVolume, VolumeSource: corev1.VolumeSource{
			Projected: &corev1.ProjectedVolumeSource{Sources: sets, DefaultMode: mode(0o440)},
		}})
	}
	return list
}

func mounts(pool *v1alpha1.ShardPool) []corev1.VolumeMount {
	list := []corev1.VolumeMount{
		{Name: keysVolume, MountPath: keysDir, ReadOnly: true},
		{Name: tmpVolume, MountPath: "/tmp"},
	}
	if pool.Spec.TLSSecretRef != nil {
		list = append(list, corev1.VolumeMount{Name: tlsVolume, MountPath: tlsDir, ReadOnly: true})
	}
	if slices.ContainsFunc(pool.Spec.Issuers, func(i v1alpha1.Issuer) bool { return i.KeysSecretRef != nil }) {
		list = append(list, corev1.VolumeMount{Name: issuersVolume, MountPath: issuersDir, ReadOnly: true})
	}
	return list
}

func secretVolume(name string, ref v1alpha1.SecretRef) corev1.Volume {
	return corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{
		SecretName: ref.Name, DefaultMode: mode(0o440),
	}}}
}

func mode(m int32) *int32 { return &m }
