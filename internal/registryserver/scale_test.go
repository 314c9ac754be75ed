package registryserver_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

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

// BenchmarkScale compares a registration, a lookup and a read by id in a registry of
// 10,000 subjects with 10 versions with the same in an empty one. Both are measured
// by turns, so that what else the machine does falls on both.
func BenchmarkScale(b *testing.B) {
	full := open(b, registryserver.Options{})
	crowd(b, full, 0, 10_000, 10)
	const known = 1 << 20 // the number of a subject that both have
	crowd(b, full, known, 1, 10)
	fresh := func() *registryserver.Engine {
		e := open(b, registryserver.Options{})
		crowd(b, e, known, 1, 10)
		return e
	}
	lookup := fmt.Sprintf("/subjects/s%d-value", known)
	for _, bb := range []struct {
		name  string
		calls int
		run   func(e *registryserver.Engine, turn int)
	}{
		{"register", 10, func(e *registryserver.Engine, turn int) { crowd(b, e, 2*known+turn, 1, 10) }},
		{"lookup", 50, func(e *registryserver.Engine, _ int) {
			for range 50 {
				do(e, "POST", lookup, `{"schema":"\"int\""}`)
			}
		}},
		{"by-id", 50, func(e *registryserver.Engine, _ int) {
			for range 50 {
				do(e, "GET", "/schemas/ids/7", "")
			}
		}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			empty := fresh()
			var spent [2]time.Duration
			turn := 0
			for b.Loop() {
				if turn++; turn%20 == 0 {
					b.StopTimer()
					empty = fresh() // or it would not stay empty
					b.StartTimer()
				}
				for i := range 2 {
					which := (turn + i) % 2
					began := time.Now()
					bb.run([]*registryserver.Engine{empty, full}[which], turn)
					spent[which] += time.Since(began)
				}
			}
			calls := float64(turn * bb.calls)
			b.ReportMetric(float64(spent[0].Nanoseconds())/1000/calls, "empty-us/call")
			b.ReportMetric(float64(spent[1].Nanoseconds())/1000/calls, "full-us/call")
			b.ReportMetric(float64(spent[1])/float64(spent[0]), "full/empty")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkReadsBesideLargeSchemas reads by id while another client registers versions
// of a record with 3,000 fields, each compared in both directions.
func BenchmarkReadsBesideLargeSchemas(b *testing.B) {
	e := open(b, registryserver.Options{})
	do(e, "PUT", "/config", `{"compatibility":"FULL_TRANSITIVE"}`)
	crowd(b, e, 0, 1, 1)
	var fields strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&fields, `,{\"name\":\"f%d\",\"type\":[\"null\",\"string\"],\"default\":null}`, i)
	}
	stop := make(chan struct{})
	var registered sync.WaitGroup
	registered.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			do(e, "POST", fmt.Sprintf("/subjects/large-%d/versions", n/5),
				fmt.Sprintf(`{"schema":"{\"type\":\"record\",\"name\":\"Large\",\"fields\":[{\"name\":\"n%d\",\"type\":\"int\",\"default\":0}%s]}"}`, n, &fields))
		}
	})
	var took []time.Duration
	for b.Loop() {
		began := time.Now()
		do(e, "GET", "/schemas/ids/1", "")
		took = append(took, time.Since(began))
		time.Sleep(100 * time.Microsecond) // a client that is not the registry's whole load
	}
	close(stop)
	registered.Wait()
	slices.Sort(took)
	for _, q := range []float64{0.5, 0.99, 0.999} {
		b.ReportMetric(float64(took[int(q*float64(len(took)-1))].Microseconds()), fmt.Sprintf("p%g-us", 100*q))
	}
	b.ReportMetric(0, "ns/op")
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
