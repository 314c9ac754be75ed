package registryserver_test

import (
	"fmt"
	"testing"

	"github.com/concord-go/concord/internal/registryserver"
)

// crowd registers versions of subjects: records that grow by a field each time.
func crowd(tb testing.TB, e *registryserver.Engine, from, subjects, versions int) {
	tb.Helper()
	for s := range subjects {
		for v := range versions {
			registerOne(tb, e, from+s, v)
		}
	}
}

func registerOne(tb testing.TB, e *registryserver.Engine, subject, version int) {
	text := fmt.Sprintf(`{\"type\":\"record\",\"name\":\"Event%d\",\"fields\":[{\"name\":\"id\",\"type\":\"string\"}`, subject)
	for v := range version {
		text += fmt.Sprintf(`,{\"name\":\"f%d\",\"type\":\"int\",\"default\":0}`, v)
	}
	status, body := do(e, "POST", fmt.Sprintf("/subjects/s%d-value/versions", subject), `{"schema":"`+text+`]}"}`)
	if status != 200 {
		tb.Fatalf("subject %d version %d: %d %s", subject, version, status, body)
	}
}

// The cost of a registration, a lookup and a read by id in an empty registry and
// in one of 10,000 subjects with 10 versions.
func BenchmarkScale(b *testing.B) {
	for _, subjects := range []int{0, 10_000} {
		e := open(b, registryserver.Options{})
		crowd(b, e, 0, subjects, 10)
		crowd(b, e, 1<<20, 1, 10)
		b.Run(fmt.Sprintf("register/%d", subjects), func(b *testing.B) {
			n := 1 << 21
			for b.Loop() {
				for v := range 10 {
					registerOne(b, e, n, v)
				}
				n++
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(10*b.N), "us/registration")
		})
		b.Run(fmt.Sprintf("lookup/%d", subjects), func(b *testing.B) {
			for b.Loop() {
				do(e, "POST", fmt.Sprintf("/subjects/s%d-value", 1<<20), `{"schema":"\"int\""}`)
			}
		})
		b.Run(fmt.Sprintf("by-id/%d", subjects), func(b *testing.B) {
			for b.Loop() {
				do(e, "GET", "/schemas/ids/7", "")
			}
		})
	}
}

// The time in which a directory with 10,000 subjects of 10 versions is opened.
func BenchmarkOpenLarge(b *testing.B) {
	dir := b.TempDir()
	e, err := registryserver.Open(registryserver.Options{Dir: dir})
	if err != nil {
		b.Fatal(err)
	}
	crowd(b, e, 0, 10_000, 10)
	if err := e.Close(); err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	for b.Loop() {
		e, err := registryserver.Open(registryserver.Options{Dir: dir})
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := e.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}
