package registrytest

import (
	"errors"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"time"
)

const registryMedia = "application/vnd.schemaregistry.v1+json"

// Drip lets the registry act and answer, and sends the body byte by byte with a pause
// before each, 1 ms or more; what is left goes at once when the fault is removed.
func Drip(pause time.Duration) Fault {
	pause = max(pause, time.Millisecond)
	return faultFunc(func(w http.ResponseWriter, r *http.Request, next http.Handler, removed <-chan struct{}) {
		rec := recorded(w, r, next)
		ticks := time.NewTicker(pause)
		defer ticks.Stop()
		body := rec.Body.Bytes()
		for flush(w); len(body) > 0; flush(w) {
			n := 1
			select {
			case <-ticks.C:
			case <-removed:
				n = len(body)
			case <-r.Context().Done():
				return
			}
			if _, err := w.Write(body[:n]); err != nil {
				return
			}
			body = body[n:]
		}
	})
}

// CutInBody lets the registry act and answer, and closes the connection after half
// of the body.
func CutInBody() Fault {
	return faultFunc(func(w http.ResponseWriter, r *http.Request, next http.Handler, _ <-chan struct{}) {
		body := recorded(w, r, next).Body.Bytes()
		w.Write(body[:len(body)/2]) // the client may be gone
		flush(w)
		panic(http.ErrAbortHandler)
	})
}

// LargeBody answers 200 with JSON of that many bytes, 2 or more, such as 10<<30, and says
// so in Content-Length. It is made while it is sent; removing the fault closes the
// connection.
func LargeBody(size int64) Fault { return flood(max(size, 2)) }

// EndlessBody answers 200 with JSON that does not end, as fast as the client reads,
// until the client goes or the fault is removed, which closes the connection.
func EndlessBody() Fault { return flood(-1) }

// flood sends size bytes; negative: no end.
func flood(size int64) Fault {
	return faultFunc(func(w http.ResponseWriter, _ *http.Request, _ http.Handler, removed <-chan struct{}) {
		sent := make(chan struct{})
		var watch sync.WaitGroup
		watch.Go(func() {
			select {
			case <-removed: // the client may have stopped reading
				http.NewResponseController(w).SetWriteDeadline(time.Unix(1, 0))
			case <-sent:
			}
		})
		defer watch.Wait()
		defer close(sent)
		w.Header().Set("Content-Type", registryMedia)
		left := int64(math.MaxInt64)
		if size >= 0 {
			w.Header().Set("Content-Length", strconv.FormatInt(size, 10))
			left = size - 2
		}
		_, begun := io.WriteString(w, `"`)
		_, filled := io.CopyN(w, spaces{}, left)
		_, ended := io.WriteString(w, `"`)
		if errors.Join(begun, filled, ended) != nil {
			panic(http.ErrAbortHandler)
		}
	})
}

// RedirectTo answers 307 with the same path and query at another origin, such as the
// URL of a second Registry.
func RedirectTo(origin string) Fault {
	return Answer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", strings.TrimSuffix(origin, "/")+r.URL.RequestURI())
		w.WriteHeader(http.StatusTemporaryRedirect)
	}))
}

// spaces is white space without end.
type spaces struct{}

func (spaces) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// recorded lets the registry answer, and begins the same answer up to the body, which
// is one byte or more, so that something can go wrong with it.
func recorded(w http.ResponseWriter, r *http.Request, next http.Handler) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	next.ServeHTTP(rec, r)
	for k, v := range rec.Header() {
		w.Header()[k] = v
	}
	if rec.Code != http.StatusNoContent {
		w.Header().Set("Content-Length", strconv.Itoa(max(rec.Body.Len(), 1)))
	}
	w.WriteHeader(rec.Code)
	return rec
}

func flush(w http.ResponseWriter) {
	http.NewResponseController(w).Flush() // where it cannot, the end does
}
