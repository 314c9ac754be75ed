package registryserver_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/concord-go/concord/internal/registryserver"
)

// Clients that begin a request and do not go on lose their connection; they have
// no handler waiting for them.
func TestSlowClientsAreCutOff(t *testing.T) {
	t.Parallel()
	const long = time.Hour
	for _, tt := range []struct {
		name         string
		header, body time.Duration
		sent         string
		want         string // the beginning of the answer
	}{
		{"in the header", 50 * time.Millisecond, long, "GET /subjects HTTP/1.1\r\nHost: a\r\nX-Slow: ", ""},
		{"in the body", long, 200 * time.Millisecond, "POST /subjects/s/versions HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n{\"schema\":", "HTTP/1.1 400 Bad Request"},
		{"in a chunk", long, 200 * time.Millisecond, "POST /subjects/s/versions HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{", "HTTP/1.1 400 Bad Request"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := start(t, registryserver.WithTimeouts(registryserver.Options{}, tt.header, tt.body))
			conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL(), "http://"))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if _, err := io.WriteString(conn, tt.sent); err != nil {
				t.Fatal(err)
			}
			conn.SetReadDeadline(time.Now().Add(30 * time.Second)) // where the server does not give up
			answer, err := io.ReadAll(conn)
			if ne, ok := err.(net.Error); ok && ne.Timeout() {
				t.Fatal("the connection is still held")
			}
			if !strings.HasPrefix(string(answer), tt.want) {
				t.Errorf("answered %q, want %q", answer, tt.want)
			}
			if status, _ := send(t, s.URL(), "GET", "/subjects", ""); status != 200 {
				t.Errorf("another client: %d", status)
			}
		})
	}
}

// A body that is announced as larger than is taken is refused before it is sent.
func TestLargeBodiesNeedNotBeSent(t *testing.T) {
	t.Parallel()
	s := start(t, registryserver.Options{MaxBody: 1000})
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(30 * time.Second))
	if _, err := io.WriteString(conn, "POST /subjects/s/versions HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000000\r\nExpect: 100-continue\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("got %s, want 413", resp.Status)
	}
}
