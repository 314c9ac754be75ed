package kafkaconfig

import "strings"

// Reset is auto.offset.reset: where a consumer begins if nothing is committed.
type Reset uint8

// The values. Any that is not known counts as NoReset: the client refuses it.
const (
	NoReset Reset = iota // an error
	Earliest
	Latest
)

// Reset reads auto.offset.reset.
func (s Settings) Reset() Reset {
	switch strings.ToLower(strings.TrimSpace(s["auto.offset.reset"])) {
	case "smallest", "earliest", "beginning":
		return Earliest
	case "largest", "latest", "end":
		return Latest
	}
	return NoReset
}
