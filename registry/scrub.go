package registry

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxMessage bounds what is kept of a registry's message. Its text is for
// people; a 409 of a large schema can be tens of kilobytes.
const maxMessage = 2048

// scrubber takes credentials out of texts that came from outside: a proxy may
// send back what it was sent, and net/http names URLs in its errors.
type scrubber struct {
	known []Secret // in the order in which they are replaced
}

// add makes the scrubber know one secret. Very short ones are left: replacing
// every "a" of a message would tell the password, not hide it.
func (s *scrubber) add(secret string) {
	if len(secret) < 4 {
		return
	}
	s.known = append(s.known, NewSecret(secret))
	quoted := strconv.Quote(secret)
	for _, form := range []string{
		url.QueryEscape(secret), url.PathEscape(secret), quoted[1 : len(quoted)-1],
		base64.StdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)),
	} {
		if form != secret {
			s.known = append(s.known, NewSecret(form))
		}
	}
}

// with is a scrubber that also knows credentials of one request.
func (s *scrubber) with(headers http.Header) *scrubber {
	more := &scrubber{known: slices.Clip(s.known)}
	for _, values := range headers {
		for _, value := range values {
			more.add(value) // first, as a whole
			if _, token, ok := strings.Cut(value, " "); ok {
				more.add(token)
			}
		}
	}
	return more
}

var userInfo = regexp.MustCompile(`[^\s/"'@]+:[^\s/"'@]*@`)

func (s *scrubber) text(t string) string {
	for _, secret := range s.known {
		t = strings.ReplaceAll(t, secret.Reveal(), hidden)
	}
	return userInfo.ReplaceAllString(t, hidden+"@")
}

// message is a registry's message fit for an error: no credentials, no schema
// text, one line, bounded.
func (s *scrubber) message(m, schemaText string) string {
	// The reference registry quotes the schema that was sent (42201) and the old
	// one it was compared with (409).
	if schemaText != "" {
		m = strings.ReplaceAll(m, schemaText, "...")
	}
	if i := strings.Index(m, "{oldSchema: '"); i >= 0 {
		// The text may hold any quotes and braces itself: it ends where the group
		// that follows it begins for the last time, or with the last group.
		end := strings.LastIndex(m[i:], "'}, {validateFields")
		if end < 0 {
			end = strings.LastIndex(m[i:], "'}")
		}
		rest := "" // cut off within the text
		if end >= 0 {
			rest = m[i+end+len("'}"):]
		}
		m = m[:i] + "{oldSchema: '...'}" + rest
	}
	m = strings.Join(strings.FieldsFunc(s.text(m), func(r rune) bool { return r < ' ' || r == 0x7f || r == utf8.RuneError }), " ")
	if len(m) > maxMessage {
		cut := maxMessage
		for !utf8.RuneStart(m[cut]) {
			cut--
		}
		m = m[:cut] + "..."
	}
	return m
}
