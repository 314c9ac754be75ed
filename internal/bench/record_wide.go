package bench

import (
	"fmt"
	"reflect"
	"strings"
)

// A hundred fields, as a table of a database has them: 30 strings, 10 ints, 20 longs,
// 20 doubles, 10 booleans, 10 nullable strings.

func wideRecord() *shape[wide, laterWide] {
	v, w := wide{}, laterWide{F100: "none"}
	fillWide(reflect.ValueOf(&v).Elem())
	fillWide(reflect.ValueOf(&w).Elem())
	return &shape[wide, laterWide]{
		name: "Wide", schema: wideSchema(false), later: wideSchema(true), value: v, laterValue: w,
		write: appendWide, read: readWide, readLater: readLaterWide, readValue: wideValue,
	}
}

// wideSchema: later F3 has become a long, F8 is gone, F100 is new.
func wideSchema(later bool) string {
	types := [10]string{`"string"`, `"string"`, `"string"`, `"int"`, `"long"`, `"long"`, `"double"`, `"double"`, `"boolean"`, `["null", "string"]`}
	var fields []string
	for i := range 100 {
		t := types[i%len(types)]
		switch {
		case later && i == 3:
			t = `"long"`
		case later && i == 8:
			continue
		}
		fields = append(fields, fmt.Sprintf(`{"name": "F%d", "type": %s}`, i, t))
	}
	if later {
		fields = append(fields, `{"name": "F100", "type": "string", "default": "none"}`)
	}
	return `{"type": "record", "name": "Wide", "namespace": "com.example", "fields": [` + strings.Join(fields, ",\n") + `]}`
}

// fillWide gives the first hundred fields values after their names, the same in both types.
func fillWide(v reflect.Value) {
	for i := range v.NumField() {
		var n int
		if fmt.Sscanf(v.Type().Field(i).Name, "F%d", &n); n == 100 {
			continue
		}
		switch f := v.Field(i); f.Kind() {
		case reflect.String:
			f.SetString(strings.Repeat("word ", n%7) + "value")
		case reflect.Int32, reflect.Int64:
			f.SetInt(int64(n*n*n) - 1000)
			if n%10 == 5 {
				f.SetInt(1727260800000 + int64(n))
			}
		case reflect.Float64:
			f.SetFloat(float64(n) / 8)
		case reflect.Bool:
			f.SetBool(n%20 == 8)
		case reflect.Pointer:
			if n%20 == 9 {
				f.Set(reflect.ValueOf(new(fmt.Sprint("option ", n))))
			}
		}
	}
}

type wide struct {
	F0  string  `avro:"F0"`
	F1  string  `avro:"F1"`
	F2  string  `avro:"F2"`
	F3  int32   `avro:"F3"`
	F4  int64   `avro:"F4"`
	F5  int64   `avro:"F5"`
	F6  float64 `avro:"F6"`
	F7  float64 `avro:"F7"`
	F8  bool    `avro:"F8"`
	F9  *string `avro:"F9"`
	F10 string  `avro:"F10"`
	F11 string  `avro:"F11"`
	F12 string  `avro:"F12"`
	F13 int32   `avro:"F13"`
	F14 int64   `avro:"F14"`
	F15 int64   `avro:"F15"`
	F16 float64 `avro:"F16"`
	F17 float64 `avro:"F17"`
	F18 bool    `avro:"F18"`
	F19 *string `avro:"F19"`
	F20 string  `avro:"F20"`
	F21 string  `avro:"F21"`
	F22 string  `avro:"F22"`
	F23 int32   `avro:"F23"`
	F24 int64   `avro:"F24"`
	F25 int64   `avro:"F25"`
	F26 float64 `avro:"F26"`
	F27 float64 `avro:"F27"`
	F28 bool    `avro:"F28"`
	F29 *string `avro:"F29"`
	F30 string  `avro:"F30"`
	F31 string  `avro:"F31"`
	F32 string  `avro:"F32"`
	F33 int32   `avro:"F33"`
	F34 int64   `avro:"F34"`
	F35 int64   `avro:"F35"`
	F36 float64 `avro:"F36"`
	F37 float64 `avro:"F37"`
	F38 bool    `avro:"F38"`
	F39 *string `avro:"F39"`
	F40 string  `avro:"F40"`
	F41 string  `avro:"F41"`
	F42 string  `avro:"F42"`
	F43 int32   `avro:"F43"`
	F44 int64   `avro:"F44"`
	F45 int64   `avro:"F45"`
	F46 float64 `avro:"F46"`
	F47 float64 `avro:"F47"`
	F48 bool    `avro:"F48"`
	F49 *string `avro:"F49"`
	F50 string  `avro:"F50"`
	F51 string  `avro:"F51"`
	F52 string  `avro:"F52"`
	F53 int32   `avro:"F53"`
	F54 int64   `avro:"F54"`
	F55 int64   `avro:"F55"`
	F56 float64 `avro:"F56"`
	F57 float64 `avro:"F57"`
	F58 bool    `avro:"F58"`
	F59 *string `avro:"F59"`
	F60 string  `avro:"F60"`
	F61 string  `avro:"F61"`
	F62 string  `avro:"F62"`
	F63 int32   `avro:"F63"`
	F64 int64   `avro:"F64"`
	F65 int64   `avro:"F65"`
	F66 float64 `avro:"F66"`
	F67 float64 `avro:"F67"`
	F68 bool    `avro:"F68"`
	F69 *string `avro:"F69"`
	F70 string  `avro:"F70"`
	F71 string  `avro:"F71"`
	F72 string  `avro:"F72"`
	F73 int32   `avro:"F73"`
	F74 int64   `avro:"F74"`
	F75 int64   `avro:"F75"`
	F76 float64 `avro:"F76"`
	F77 float64 `avro:"F77"`
	F78 bool    `avro:"F78"`
	F79 *string `avro:"F79"`
	F80 string  `avro:"F80"`
	F81 string  `avro:"F81"`
	F82 string  `avro:"F82"`
	F83 int32   `avro:"F83"`
	F84 int64   `avro:"F84"`
	F85 int64   `avro:"F85"`
	F86 float64 `avro:"F86"`
	F87 float64 `avro:"F87"`
	F88 bool    `avro:"F88"`
	F89 *string `avro:"F89"`
	F90 string  `avro:"F90"`
	F91 string  `avro:"F91"`
	F92 string  `avro:"F92"`
	F93 int32   `avro:"F93"`
	F94 int64   `avro:"F94"`
	F95 int64   `avro:"F95"`
	F96 float64 `avro:"F96"`
	F97 float64 `avro:"F97"`
	F98 bool    `avro:"F98"`
	F99 *string `avro:"F99"`
}

type laterWide struct {
	F0   string  `avro:"F0"`
	F1   string  `avro:"F1"`
	F2   string  `avro:"F2"`
	F3   int64   `avro:"F3"`
	F4   int64   `avro:"F4"`
	F5   int64   `avro:"F5"`
	F6   float64 `avro:"F6"`
	F7   float64 `avro:"F7"`
	F9   *string `avro:"F9"`
	F10  string  `avro:"F10"`
	F11  string  `avro:"F11"`
	F12  string  `avro:"F12"`
	F13  int32   `avro:"F13"`
	F14  int64   `avro:"F14"`
	F15  int64   `avro:"F15"`
	F16  float64 `avro:"F16"`
	F17  float64 `avro:"F17"`
	F18  bool    `avro:"F18"`
	F19  *string `avro:"F19"`
	F20  string  `avro:"F20"`
	F21  string  `avro:"F21"`
	F22  string  `avro:"F22"`
	F23  int32   `avro:"F23"`
	F24  int64   `avro:"F24"`
	F25  int64   `avro:"F25"`
	F26  float64 `avro:"F26"`
	F27  float64 `avro:"F27"`
	F28  bool    `avro:"F28"`
	F29  *string `avro:"F29"`
	F30  string  `avro:"F30"`
	F31  string  `avro:"F31"`
	F32  string  `avro:"F32"`
	F33  int32   `avro:"F33"`
	F34  int64   `avro:"F34"`
	F35  int64   `avro:"F35"`
	F36  float64 `avro:"F36"`
	F37  float64 `avro:"F37"`
	F38  bool    `avro:"F38"`
	F39  *string `avro:"F39"`
	F40  string  `avro:"F40"`
	F41  string  `avro:"F41"`
	F42  string  `avro:"F42"`
	F43  int32   `avro:"F43"`
	F44  int64   `avro:"F44"`
	F45  int64   `avro:"F45"`
	F46  float64 `avro:"F46"`
	F47  float64 `avro:"F47"`
	F48  bool    `avro:"F48"`
	F49  *string `avro:"F49"`
	F50  string  `avro:"F50"`
	F51  string  `avro:"F51"`
	F52  string  `avro:"F52"`
	F53  int32   `avro:"F53"`
	F54  int64   `avro:"F54"`
	F55  int64   `avro:"F55"`
	F56  float64 `avro:"F56"`
	F57  float64 `avro:"F57"`
	F58  bool    `avro:"F58"`
	F59  *string `avro:"F59"`
	F60  string  `avro:"F60"`
	F61  string  `avro:"F61"`
	F62  string  `avro:"F62"`
	F63  int32   `avro:"F63"`
	F64  int64   `avro:"F64"`
	F65  int64   `avro:"F65"`
	F66  float64 `avro:"F66"`
	F67  float64 `avro:"F67"`
	F68  bool    `avro:"F68"`
	F69  *string `avro:"F69"`
	F70  string  `avro:"F70"`
	F71  string  `avro:"F71"`
	F72  string  `avro:"F72"`
	F73  int32   `avro:"F73"`
	F74  int64   `avro:"F74"`
	F75  int64   `avro:"F75"`
	F76  float64 `avro:"F76"`
	F77  float64 `avro:"F77"`
	F78  bool    `avro:"F78"`
	F79  *string `avro:"F79"`
	F80  string  `avro:"F80"`
	F81  string  `avro:"F81"`
	F82  string  `avro:"F82"`
	F83  int32   `avro:"F83"`
	F84  int64   `avro:"F84"`
	F85  int64   `avro:"F85"`
	F86  float64 `avro:"F86"`
	F87  float64 `avro:"F87"`
	F88  bool    `avro:"F88"`
	F89  *string `avro:"F89"`
	F90  string  `avro:"F90"`
	F91  string  `avro:"F91"`
	F92  string  `avro:"F92"`
	F93  int32   `avro:"F93"`
	F94  int64   `avro:"F94"`
	F95  int64   `avro:"F95"`
	F96  float64 `avro:"F96"`
	F97  float64 `avro:"F97"`
	F98  bool    `avro:"F98"`
	F99  *string `avro:"F99"`
	F100 string  `avro:"F100"`
}
