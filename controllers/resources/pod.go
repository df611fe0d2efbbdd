// SPDX-License-Identifier: Apache-2.0

package resources

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"gamesession.dev/operator/api/v1alpha1"
)

const (
	containerName = "shard"
	// userID is the user of the image.
	userID = 65532
	// stopMargin is what a shard has beyond the drain deadline to close its
	// sockets and exit.
	stopMargin = 30 * time.Second
)

// Pod is the pod of a shard. Its hash annotation changes with everything of the
// pool that the pod is built from, and with nothing else.
func Pod(pool *v1alpha1.ShardPool, name, keyPrefix string) *corev1.Pod {
	pod := &corev1.Pod{ObjectMeta: meta(pool, name), Spec: podSpec(pool, keyPrefix)}
	pod.Annotations = map[string]string{v1alpha1.AnnotationTemplateHash: TemplateHash(pool, keyPrefix)}
	return pod
}

// TemplateHash tells the template of a pool from others.
func TemplateHash(pool *v1alpha1.ShardPool, keyPrefix string) string {
	text, err := json.Marshal(podSpec(pool, keyPrefix))
	if err != nil {
		panic("a pod spec is always JSON: " + err.Error())
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

func podSpec(pool *v1alpha1.ShardPool, keyPrefix string) corev1.PodSpec {
	no, yes, user := false, true, int64(userID)
	grace := int64((pool.Spec.DrainDeadline.Duration + stopMargin) / time.Second)
	return corev1.PodSpec{
		AutomountServiceAccountToken:  &no,
		EnableServiceLinks:            &no,
		TerminationGracePeriodSeconds: &grace,
		NodeSelector:                  pool.Spec.NodeSelector,
		Tolerations:                   tolerations(pool),
		TopologySpreadConstraints:     spread(pool),
		Subdomain:                     HeadlessName(pool),
		SecurityContext: &corev1.PodSecurityContext{
			RunAsNonRoot:   &yes,
			RunAsUser:      &user,
			RunAsGroup:     &user,
			FSGroup:        &user,
			SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
		},
		Containers: []corev1.Container{container(pool, keyPrefix)},
		Volumes:    volumes(pool),
	}
}

// lostNodeSeconds is how long a shard on a node that Kubernetes has lost is
// waited for before it is replaced. Its sessions do not wait for that.
const lostNodeSeconds = 30

// tolerations are those of the pool, and a shorter patience with lost nodes than
// the cluster's own.
func tolerations(pool *v1alpha1.ShardPool) []corev1.Toleration {
	list := slices.Clone(pool.Spec.Tolerations)
	for _, key := range []string{corev1.TaintNodeNotReady, corev1.TaintNodeUnreachable} {
		if slices.ContainsFunc(list, func(t corev1.Toleration) bool { return t.Key == key }) {
			continue
		}
		seconds := int64(lostNodeSeconds)
		list = append(list, corev1.Toleration{
			Key: key, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoExecute, TolerationSeconds: &seconds,
		})
	}
	return list
}

// spread prefers nodes with fewer shards. It never keeps a shard from running:
// the one more of a rollout or a drain has to fit as well.
func spread(pool *v1alpha1.ShardPool) []corev1.TopologySpreadConstraint {
	return []corev1.TopologySpreadConstraint{{
		MaxSkew:           1,
		TopologyKey:       corev1.LabelHostname,
		WhenUnsatisfiable: corev1.ScheduleAnyway,
		LabelSelector:     &metav1.LabelSelector{MatchLabels: Selector(pool)},
	}}
}

func container(pool *v1alpha1.ShardPool, keyPrefix string) corev1.Container {
	no, yes := false, true
	return corev1.Container{
		Name:            containerName,
		Image:           pool.Spec.Image,
		ImagePullPolicy: corev1.PullPolicy(pool.Spec.ImagePullPolicy),
		Args:            args(pool, keyPrefix),
		Env: append([]corev1.EnvVar{
			fieldEnv("POD_NAME", "metadata.name"),
			fieldEnv("POD_IP", "status.podIP"),
			redisEnv(pool, "REDIS_URL", pool.Spec.RedisSecretRef.Key, nil),
			redisEnv(pool, "REDIS_CA", v1alpha1.RedisCAKey, &yes),
		}, issuerEnv(pool)...),
		Ports: []corev1.ContainerPort{
			{Name: "client", ContainerPort: ClientPort, Protocol: corev1.ProtocolTCP},
			{Name: "ops", ContainerPort: OpsPort, Protocol: corev1.ProtocolTCP},
		},
		Resources:      pool.Spec.Resources,
		StartupProbe:   probe("/livez", 1, 60),
		LivenessProbe:  probe("/livez", 10, 6),
		ReadinessProbe: probe("/readyz", 1, 2),
		SecurityContext: &corev1.SecurityContext{
			AllowPrivilegeEscalation: &no,
			ReadOnlyRootFilesystem:   &yes,
			Capabilities:             &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
		},
		VolumeMounts: mounts(pool),
	}
}

func args(pool *v1alpha1.ShardPool, keyPrefix string) []string {
	spec := &pool.Spec
	list := []string{
		"--name=$(POD_NAME)",
		"--pool=" + PoolID(pool),
		fmt.Sprintf("--advertise=$(POD_IP):%d", ClientPort),
		fmt.Sprintf("--listen=:%d", ClientPort),
		fmt.Sprintf("--ops-listen=:%d", OpsPort),
		"--signing-keys=" + keysDir,
		"--capacity=" + strconv.Itoa(int(spec.SessionsPerShard)),
		"--lease=" + spec.Lease.Duration.String(),
		"--drain-deadline=" + spec.DrainDeadline.Duration.String(),
		"--relay-grace=" + spec.RelayGrace.Duration.String(),
		"--log-level=" + string(spec.LogLevel),
		"--log-format=json",
	}
	list = append(list, limitArgs(&spec.Limits)...)
	if spec.TLSSecretRef != nil {
		list = append(list, "--tls="+tlsDir)
	}
	if len(spec.AllowedOrigins) > 0 {
		list = append(list, "--allowed-origins="+strings.Join(spec.AllowedOrigins, ","))
	}
	if t := spec.Tracing; t != nil {
		// The kubelet would put variables in the place of $(NAME).
		list = append(list, "--trace-endpoint="+strings.ReplaceAll(t.Endpoint, "$", "$$"))
		if t.SamplingRatePerMillion != nil {
			list = append(list, fmt.Sprintf("--trace-per-million=%d", *t.SamplingRatePerMillion))
		}
	}
	if keyPrefix != "" {
		list = append(list, "--key-prefix="+keyPrefix)
	}
	return list
}

// limitArgs leaves out what the pool does not say: the shard then has no limit.
func limitArgs(l *v1alpha1.Limits) []string {
	var list []string
	perMinute := func(flag string, usual int32, of func(*v1alpha1.ClassLimits) int32) {
		var rules []string
		if usual > 0 {
			rules = append(rules, fmt.Sprintf("%d/1m", usual))
		}
		for _, class := range []struct {
			name   string
			limits *v1alpha1.ClassLimits
		}{{"bot", l.Bots}, {"service", l.Services}} {
			if of != nil && class.limits != nil && of(class.limits) > 0 {
				rules = append(rules, fmt.Sprintf("%s=%d/1m", class.name, of(class.limits)))
			}
		}
		if len(rules) > 0 {
			list = append(list, "--"+flag+"="+strings.Join(rules, ","))
		}
	}
	perMinute("limit-connects", l.ConnectionsPerMinute, func(c *v1alpha1.ClassLimits) int32 { return c.ConnectionsPerMinute })
	perMinute("limit-messages", l.MessagesPerMinute, func(c *v1alpha1.ClassLimits) int32 { return c.MessagesPerMinute })
	perMinute("limit-actions", l.ActionsPerMinute, func(c *v1alpha1.ClassLimits) int32 { return c.ActionsPerMinute })
	perMinute("limit-state-updates", l.StateUpdatesPerMinute, nil)
	perMinute("limit-joins", l.JoinsPerMinute, nil)
	if len(l.TrustedProxies) > 0 {
		list = append(list, "--trusted-proxies="+strings.Join(l.TrustedProxies, ","))
	}
	return list
}

// redisEnv is an entry of the Secret that says where Redis is.
func redisEnv(pool *v1alpha1.ShardPool, name, key string, optional *bool) corev1.EnvVar {
	return corev1.EnvVar{Name: name, ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{
		LocalObjectReference: corev1.LocalObjectReference{Name: pool.Spec.RedisSecretRef.Name}, Key: key, Optional: optional,
	}}}
}

func fieldEnv(name, path string) corev1.EnvVar {
	return corev1.EnvVar{Name: name, ValueFrom: &corev1.EnvVarSource{
		FieldRef: &corev1.ObjectFieldSelector{APIVersion: "v1", FieldPath: path},
	}}
}

func probe(path string, period, failures int32) *corev1.Probe {
	return &corev1.Probe{
		ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{
			Path: path, Port: intstr.FromString("ops"), Scheme: corev1.URISchemeHTTP,
		}},
		PeriodSeconds:    period,
		TimeoutSeconds:   2,
		FailureThreshold: failures,
		SuccessThreshold: 1,
	}
}
