package registry

import (
	"fmt"
	"io"
	"log/slog"
)

const hidden = "[secret]"

// Secret is a password or token that never prints: not with any verb of fmt, in
// JSON, in a log, nor as a field of something that is printed. The zero value is
// an empty secret.
//
// It reads itself from text (encoding.TextUnmarshaler), so it can stand in a
// configuration struct.
type Secret struct {
	// A pointer, because fmt prints the text of an unexported string field
	// without asking its methods.
	value *string
}

// NewSecret keeps s as a secret.
func NewSecret(s string) Secret { return Secret{&s} }

// Reveal is the secret itself.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// IsZero reports whether the secret is empty.
func (s Secret) IsZero() bool { return s.Reveal() == "" }

// String hides the secret.
func (s Secret) String() string { return hidden }

// GoString hides the secret.
func (s Secret) GoString() string { return hidden }

// Format hides the secret, whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(hidden)) }

// MarshalText hides the secret, from JSON too.
func (s Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// UnmarshalText takes the text as the secret.
func (s *Secret) UnmarshalText(text []byte) error {
	*s = NewSecret(string(text))
	return nil
}

// LogValue hides the secret from log/slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// Format writes the hosts asked, whatever the verb: fmt's own way into a struct
// would find credentials in it.
func (c *Client) Format(f fmt.State, _ rune) {
	if c == nil {
		_, _ = io.WriteString(f, "<nil>")
		return
	}
	_, _ = io.WriteString(f, "registry.Client(")
	for i, ep := range c.endpoints.all {
		if i > 0 {
			_, _ = io.WriteString(f, " ")
		}
		_, _ = io.WriteString(f, ep.host)
	}
	_, _ = io.WriteString(f, ")")
}
