package kafkaconfig

import (
	"strconv"
	"strings"
)

// CheckCallbacks refuses settings that need a function which is not given, and functions that
// the settings would never call: a source of OAUTHBEARER tokens, and one that takes statistics.
func (s Settings) CheckCallbacks(tokenSource, statistics bool) error {
	if err := s.checkToken(tokenSource); err != nil {
		return err
	}
	if _, v, ok := s.first("statistics.interval.ms"); ok && !statistics {
		if ms, err := strconv.ParseInt(v, 10, 64); err != nil || ms != 0 {
			return refuse("statistics.interval.ms", "nobody takes the statistics; give a function with concord.WithStatistics, or leave it out")
		}
	}
	return nil
}

func (s Settings) checkToken(given bool) error {
	name, mechanism, ok := s.first("sasl.mechanisms", "sasl.mechanism")
	if !ok {
		name = "sasl.mechanism"
	}
	oauth := strings.EqualFold(mechanism, "OAUTHBEARER")
	oidc := s.is("sasl.oauthbearer.method", "oidc")
	switch {
	case !given && oauth && !oidc && !s.enabled("enable.sasl.oauthbearer.unsecure.jwt"):
		return refuse(name, "OAUTHBEARER needs tokens: give a function with concord.WithTokenSource, or set sasl.oauthbearer.method=oidc")
	case given && !oauth:
		return refuse(name, "concord.WithTokenSource is for sasl.mechanism=OAUTHBEARER; set that, or leave the source out")
	case given && oidc:
		return refuse("sasl.oauthbearer.method", "with oidc the client fetches tokens by itself; leave it out, or leave concord.WithTokenSource out")
	case given && !strings.HasPrefix(strings.ToLower(strings.TrimSpace(s["security.protocol"])), "sasl_"):
		return refuse("security.protocol", "concord.WithTokenSource needs sasl_ssl or sasl_plaintext")
	}
	return nil
}
