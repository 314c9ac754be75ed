package kafkaconfig

import (
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Settings are a client's settings by name, each as librdkafka reads it.
type Settings map[string]string

// Read copies the caller's map, which is never written to. Values are strings, bools, ints
// or a [fmt.Stringer]. It refuses what would change how concord uses the client. The error
// is an [*Error].
func Read(config map[string]any) (Settings, error) {
	if config == nil {
		return nil, &Error{Reason: "the settings are nil"}
	}
	s := make(Settings, len(config)+8)
	for _, name := range slices.Sorted(maps.Keys(config)) {
		switch {
		case strings.HasPrefix(name, "go."):
			return nil, refuse(name, "concord sets up the client's channels; leave it out")
		case name == "default.topic.config" || strings.HasPrefix(name, "{topic}."):
			return nil, refuse(name, "put topic settings on the top level, under their own names")
		}
		v, err := text(config[name])
		if err != nil {
			return nil, refuse(name, err.Error())
		}
		s[name] = v
	}
	name, brokers, ok := s.first("bootstrap.servers", "metadata.broker.list")
	switch {
	case !ok:
		return nil, refuse("bootstrap.servers", `required: the brokers to contact first, as "host:port,host:port"`)
	case strings.Contains(brokers, "@"):
		return nil, refuse(name, "credentials do not belong here, and would be logged; give them as sasl.username and sasl.password")
	}
	s.defaultTo("false", "enable.metrics.push")
	return s, nil
}

// text is a value as librdkafka reads it.
func text(value any) (s string, err error) {
	defer func() {
		if recover() != nil { // of a String method, such as that of a nil pointer
			s, err = "", fmt.Errorf("the String method of its %T panicked", value)
		}
	}()
	switch v := value.(type) {
	case string:
		return v, nil
	case bool:
		return strconv.FormatBool(v), nil
	case int:
		return strconv.Itoa(v), nil
	case fmt.Stringer:
		return v.String(), nil
	}
	return "", fmt.Errorf("a %T; want a string, int or bool", value)
}

// Brokers are the bootstrap servers.
func (s Settings) Brokers() string {
	_, v, _ := s.first("bootstrap.servers", "metadata.broker.list")
	return v
}

// Redacted are the settings in the order of their names, for the log. Values that may be or
// contain a secret are replaced.
func (s Settings) Redacted() []slog.Attr {
	attrs := make([]slog.Attr, 0, len(s))
	for _, name := range slices.Sorted(maps.Keys(s)) {
		v := s[name]
		if Secret(name) || strings.Contains(v, "://") && strings.Contains(v, "@") { // a URL's user and password
			v = "[redacted]"
		}
		attrs = append(attrs, slog.String(name, v))
	}
	return attrs
}

// Secret reports whether a setting's value may be or contain a credential.
func Secret(name string) bool {
	name = strings.ToLower(name)
	for _, part := range []string{"pass", "secret", "token", "jaas", "pem", "credential", "assertion", "oauthbearer.config", "ssl.key", "ssl.keystore", "basic.auth"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}

// first is the first of a setting's names that is set to anything.
func (s Settings) first(names ...string) (name, value string, ok bool) {
	for _, name := range names {
		if v := strings.TrimSpace(s[name]); v != "" {
			return name, v, true
		}
	}
	return "", "", false
}

// is reports whether a setting has a value, whatever its case.
func (s Settings) is(name, value string) bool {
	return strings.EqualFold(strings.TrimSpace(s[name]), value)
}

// enabled reports whether a setting is true in one of librdkafka's spellings.
func (s Settings) enabled(name string) bool {
	return s.is(name, "true") || s.is(name, "t") || s.is(name, "1")
}

// defaultTo sets names[0] if the setting is set under none of its names.
func (s Settings) defaultTo(value string, names ...string) {
	for _, name := range names {
		if _, set := s[name]; set {
			return
		}
	}
	s[names[0]] = value
}

// must sets names[0] to want[0], and refuses any value that is not in want.
func (s Settings) must(reason string, want []string, names ...string) error {
	for _, name := range names {
		if v, set := s[name]; set && !slices.Contains(want, strings.ToLower(strings.TrimSpace(v))) {
			return refuse(name, reason)
		}
	}
	s.defaultTo(want[0], names...)
	return nil
}
