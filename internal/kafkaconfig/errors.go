package kafkaconfig

import "strings"

// Error is a setting that is refused. Its text holds no secret.
type Error struct {
	// Setting is the name of the setting; empty where it is not known.
	Setting string
	// Reason says what is wrong and what to do.
	Reason string
	// Err is the client's error, nil where concord found the fault.
	Err error
}

func (e *Error) Error() string {
	if e.Setting == "" {
		return "configuration: " + e.Reason
	}
	return "setting " + e.Setting + ": " + e.Reason
}

func (e *Error) Unwrap() error { return e.Err }

func refuse(setting, reason string) *Error { return &Error{Setting: setting, Reason: reason} }

// withheld replaces a client's text that may contain a secret.
const withheld = "refused by the client; its message is withheld because it may contain a secret"

// Refused makes an [*Error] of what a client says of the settings. Clients quote values,
// cut off at some length, so a text that contains even the beginning of a secret is withheld,
// and so is err.
func (s Settings) Refused(err error, text string) *Error {
	e := &Error{Reason: text, Err: err}
	for name := range s {
		if strings.Contains(text, `"`+name+`"`) && len(name) > len(e.Setting) {
			e.Setting = name
		}
	}
	for name, v := range s {
		if v != "" && Secret(name) && strings.Contains(text, v[:min(len(v), 4)]) {
			e.Reason, e.Err = withheld, nil
			break
		}
	}
	return e
}
