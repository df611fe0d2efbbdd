// SPDX-License-Identifier: Apache-2.0

package tt1

import (
	"math"
	"slices"
	"time"
)

// Line is the result of one case, printed as one line of JSON. Times are in
// milliseconds unless their name says otherwise, memory is in KB of 1024 bytes.
// What a case does not measure is absent.
type Line struct {
	Server string `json:"server"`
	Case   string `json:"case"`
	Tables int    `json:"tables"`
	Rate   string `json:"rate,omitempty"`

	Actions   uint64  `json:"actions,omitempty"`
	PerSecond float64 `json:"actions_per_s,omitempty"`
	All10P50  float64 `json:"all10_p50,omitempty"`
	All10P99  float64 `json:"all10_p99,omitempty"`
	BehindP99 float64 `json:"behind_p99,omitempty"`

	ServerMicros float64 `json:"server_cpu_us_per_action,omitempty"`
	ServerCores  float64 `json:"server_cores,omitempty"`
	StoreMicros  float64 `json:"store_cpu_us_per_action,omitempty"`
	ClientMicros float64 `json:"client_cpu_us_per_action,omitempty"`

	UpdateBytes  float64 `json:"bytes_per_update,omitempty"`
	CommandBytes float64 `json:"bytes_per_command,omitempty"`
	AckBytes     float64 `json:"bytes_per_ack,omitempty"`

	ConnectP50 float64 `json:"connect_p50,omitempty"`
	ConnectP99 float64 `json:"connect_p99,omitempty"`
	Connects   float64 `json:"connects_per_s,omitempty"`
	// The CPU time that one connect takes, of each side.
	ConnectServer float64 `json:"server_cpu_us_per_connect,omitempty"`
	ConnectStore  float64 `json:"store_cpu_us_per_connect,omitempty"`
	ConnectClient float64 `json:"client_cpu_us_per_connect,omitempty"`

	// Missed is how many updates a client had missed that came back, Resume how
	// long it took from dialling until it had them, and Resumes that with 16 at a
	// time.
	Missed     int     `json:"missed,omitempty"`
	ResumeP50  float64 `json:"resume_p50,omitempty"`
	ResumeP99  float64 `json:"resume_p99,omitempty"`
	ResumesP50 float64 `json:"resume_16_p50,omitempty"`
	ResumesP99 float64 `json:"resume_16_p99,omitempty"`

	RSSMB           float64 `json:"rss_mb,omitempty"`
	PerConnectionKB float64 `json:"kb_per_connection,omitempty"`
	PerSessionKB    float64 `json:"kb_per_session,omitempty"`
	IdleCores       float64 `json:"idle_cores,omitempty"`

	// StalledRatio compares all10_p99 with one stalled reader at each table to
	// that without; StalledP50Ratio compares all10_p50.
	StalledRatio    float64 `json:"stalled_p99_ratio,omitempty"`
	StalledP50Ratio float64 `json:"stalled_p50_ratio,omitempty"`
}

// Fill takes in what was played.
func (l *Line) Fill(p *Played) {
	l.Actions = p.Actions
	l.PerSecond = round(float64(p.Actions) / p.Took.Seconds())
	l.All10P50, l.All10P99 = Millis(p.All10, 0.5), Millis(p.All10, 0.99)
	l.BehindP99 = Millis(p.Behind, 0.99)
	if p.Frames > 0 {
		l.UpdateBytes = round(float64(p.Bytes) / float64(p.Frames))
	}
	if p.Acks > 0 {
		l.AckBytes = round(float64(p.AckSize) / float64(p.Acks))
	}
	if p.Actions > 0 {
		l.CommandBytes = round(float64(p.SentOut) / float64(p.Actions))
	}
}

// Micros is a time per action, in microseconds.
func (p *Played) Micros(used time.Duration) float64 {
	if p.Actions == 0 {
		return 0
	}
	return round(float64(used.Nanoseconds()) / 1000 / float64(p.Actions))
}

// Millis returns a quantile in milliseconds; 0 when there is nothing. It sorts.
func Millis(all []time.Duration, q float64) float64 {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return math.Round(float64(all[int(q*float64(len(all)-1))].Microseconds())) / 1000
}

func round(x float64) float64 { return math.Round(x*100) / 100 }
