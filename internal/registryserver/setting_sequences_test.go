package registryserver_test

// settingSequences: config, mode, contexts, aliases, import.
var settingSequences = []sequence{
	{"config of a subject", []step{
		{`GET /config/$`, `404 40408`},
		{`GET /config/$?defaultToGlobal=true`, `200 {"compatibilityLevel":"*"}`},
		{`PUT /config/$ {"compatibility":"full"}`, `200 {"compatibility":"FULL","compatibilityLevel":"absent"}`},
		{`GET /config/$`, `200 {"compatibilityLevel":"FULL","compatibility":"absent"}`},
		{`PUT /config/$ {"compatibility":"SOMEWHAT"}`, `422 42203`},
		{`PUT /config/$ {"normalize":true}`, `200 {"compatibility":"FULL","normalize":true}`},
		{`PUT /config/$ {"compatibility":null}`, `200 {"compatibility":"absent","normalize":true}`},
		{`PUT /config/$ {"normalize":"maybe"}`, `400 400`},
		{`DELETE /config/$`, `200 {"compatibilityLevel":"BACKWARD","normalize":true}`},
		{`DELETE /config/$`, `404 40401`},
		{`GET /config/$`, `404 40408`},
	}},
	{"config of a context", []step{
		{`PUT /config/:.$: {"compatibility":"NONE"}`, `200 {"compatibility":"NONE"}`},
		{`GET /config/:.$:s?defaultToGlobal=true`, `200 {"compatibilityLevel":"NONE"}`},
		{`POST /subjects/:.$:s/versions {"schema":@v1}`, `200`},
		{`POST /subjects/:.$:s/versions {"schema":@other}`, `200 {"version":2}`},
		{`GET /contexts/.$/config`, `200 {"compatibilityLevel":"NONE"}`},
	}},
	{"mode of a subject", []step{
		{`GET /mode/$`, `404 40409`},
		{`GET /mode/$?defaultToGlobal=true`, `200 {"mode":"READWRITE"}`},
		{`PUT /mode/$ {"mode":"SOMEHOW"}`, `422 42204`},
		{`PUT /mode/$ {"mode":"FORWARD"}`, `422 42204`},
		{`POST /subjects/$/versions {"schema":@v1}`, `200 {"id":"#i1"}`},
		{`PUT /mode/$ {"mode":"READONLY"}`, `200 {"mode":"READONLY"}`},
		{`GET /mode/$`, `200 {"mode":"READONLY"}`},
		{`POST /subjects/$/versions {"schema":@v1}`, `200 {"id":"#i1"}`},
		{`POST /subjects/$/versions {"schema":@v2}`, `422 42205`},
		{`DELETE /subjects/$/versions/1`, `422 42205`},
		{`DELETE /subjects/$`, `422 42205`},
		{`PUT /config/$ {"compatibility":"NONE"}`, `422 42205`},
		{`PUT /mode/$ {"mode":null}`, `200 {"mode":null}`},
		{`GET /mode/$`, `404 40409`},
		{`DELETE /mode/$`, `404 40401`},
		{`PUT /mode/$ "READWRITE"`, `200 {"mode":"READWRITE"}`},
		{`DELETE /mode/$`, `200 {"mode":"READWRITE"}`},
	}},
	{"modes of a context are deleted together", []step{
		{`PUT /mode/:.$: {"mode":"READONLY"}`, `200`},
		{`PUT /mode/:.$:s {"mode":"READWRITE"}`, `200`},
		{`GET /mode/:.$:t?defaultToGlobal=true`, `200 {"mode":"READONLY"}`},
		{`DELETE /mode/:.$:?recursive=true`, `200 {"mode":"READONLY"}`},
		{`GET /mode/:.$:s`, `404 40409`},
		{`DELETE /mode/:.$:?recursive=true`, `200 {"mode":"absent"}`},
	}},
	{"import keeps ids and versions", []step{
		{`PUT /mode/:.$: {"mode":"IMPORT"}`, `200 {"mode":"IMPORT"}`},
		{`POST /subjects/:.$:a/versions {"schema":@int,"id":100,"version":5}`, `200 {"id":100,"version":5}`},
		{`POST /subjects/:.$:a/versions {"schema":@long,"id":100,"version":6}`, `422 42205`},
		{`POST /subjects/:.$:a/versions {"schema":@long}`, `422 42205`},
		{`POST /subjects/:.$:a/versions {"schema":@string,"id":101}`, `200 {"id":101,"version":6}`},
		{`POST /subjects/:.$:b/versions {"schema":@int,"id":100,"version":1}`, `200 {"id":100,"version":1}`},
		{`GET /schemas/ids/100/versions?subject=:.$:`, `200 [{"subject":":.$:a","version":5},{"subject":":.$:b","version":1}]`},
		{`DELETE /mode/:.$:`, `200 {"mode":"IMPORT"}`},
		{`POST /subjects/:.$:c/versions {"schema":@v1}`, `200 {"id":102,"version":1}`},
		{`PUT /mode/:.$: {"mode":"IMPORT"}`, `422 42205`},
		{`PUT /mode/:.$:?force=true {"mode":"IMPORT"}`, `200`},
	}},
	{"contexts have ids of their own", []step{
		{`POST /subjects/:.$a:s/versions {"schema":@int}`, `200 {"id":1}`},
		{`POST /subjects/:.$b:s/versions {"schema":@long}`, `200 {"id":1}`},
		{`POST /contexts/.$b/subjects/t/versions {"schema":@int}`, `200 {"id":2}`},
		{`GET /subjects/:.$b:t/versions/1`, `200 {"subject":":.$b:t","id":2}`},
		{`GET /contexts/.$b/subjects`, `200 [":.$b:s",":.$b:t"]`},
		{`GET /contexts/.$b/schemas/ids/2`, `200 {"schema":"\"int\""}`},
		{`GET /contexts?contextPrefix=.$`, `200 [".$a",".$b"]`},
		{`GET /subjects?subjectPrefix=:*:s`, `200`},
		{`DELETE /contexts/.$a`, `422 42211`},
		{`DELETE /subjects/:.$a:s`, `200 [1]`},
		{`DELETE /contexts/.$a`, `422 42211`},
		{`DELETE /subjects/:.$a:s?permanent=true`, `200 [1]`},
		{`DELETE /contexts/.$a`, `204`},
		{`GET /contexts?contextPrefix=.$`, `200 [".$b"]`},
		{`DELETE /contexts/.$a`, `204`},
	}},
	{"the default context falls back to others", []step{
		{`POST /subjects/:.$:only-$/versions {"schema":@v1}`, `200 {"id":1}`},
		{`GET /subjects/only-$/versions/1`, `200 {"subject":":.$:only-$","id":1}`},
		{`POST /subjects/only-$ {"schema":@v1}`, `200 {"subject":":.$:only-$"}`},
		{`GET /subjects/only-$/versions`, `404 40401`},
		{`DELETE /subjects/only-$`, `404 40401`},
	}},
	{"an alias stands for a subject", []step{
		{`POST /subjects/$-a/versions {"schema":@v1}`, `200 {"id":"#i1"}`},
		{`PUT /config/$-x {"alias":"$-a"}`, `200 {"alias":"$-a"}`},
		{`GET /subjects/$-x/versions/1`, `200 {"subject":"$-a","id":"#i1"}`},
		{`POST /subjects/$-x/versions {"schema":@v2}`, `200 {"version":2}`},
		{`GET /subjects/$-a/versions`, `200 [1,2]`},
		{`GET /config/$-x`, `200 {"alias":"$-a"}`},
		{`GET /schemas?subjectPrefix=$-a&latestOnly=true&aliases=true`, `200 [{"subject":"$-a","aliases":["$-x"]}]`},
		{`GET /config/$-a`, `404 40408`},
	}},
}

// tagSequences: tags within a schema's text.
var tagSequences = []sequence{
	{"tags make the next version", []step{
		{`POST /subjects/$/versions {"schema":@v1}`, `200 {"version":1}`},
		{`POST /subjects/$/versions/1/tags {"tagsToAdd":[{"schemaEntity":{"entityPath":"R$.a","entityType":"sr_field"},"tags":["PII"]}]}`, `200 {"version":2,"metadata":{"properties":{"confluent:version":"2"}}}`},
		{`GET /subjects/$/versions/2/schema`, `200 {"fields":[{"name":"a","confluent:tags":["PII"]}]}`},
		{`GET /subjects/$/versions/2?findTags=PII`, `200 {"schemaTags":[{"schemaEntity":{"entityPath":"R$.a","entityType":"sr_field"},"tags":["PII"]}]}`},
		{`GET /subjects/$/versions/2?findTags=OTHER`, `200 {"schemaTags":"absent"}`},
		{`POST /subjects/$/versions/latest/tags {"tagsToAdd":[{"schemaEntity":{"entityPath":"R$","entityType":"sr_record"},"tags":["X","Y"]}]}`, `200 {"version":3}`},
		{`POST /subjects/$/versions/latest/tags {"tagsToRemove":[{"schemaEntity":{"entityPath":"R$","entityType":"sr_record"},"tags":["X"]}]}`, `200 {"version":4}`},
		{`GET /subjects/$/versions/4/schema`, `200 {"fields":[{"confluent:tags":["PII"]}],"confluent:tags":["Y"]}`},
		{`POST /subjects/$/versions {"schema":@v2,"propagateSchemaTags":true}`, `200 {"version":5}`},
		{`GET /subjects/$/versions/5/schema`, `200 {"fields":[{"name":"a","confluent:tags":["PII"]},{"name":"b","confluent:tags":"absent"}],"confluent:tags":["Y"]}`},
		{`POST /subjects/$/versions/1/tags {"tagsToAdd":[{"schemaEntity":{"entityPath":"R$.zz","entityType":"sr_field"},"tags":["PII"]}]}`, `422 42201`},
		{`POST /subjects/$/versions/1/tags {"tagsToAdd":[{"schemaEntity":{"entityPath":"R$","entityType":"sr_thing"},"tags":["PII"]}]}`, `400 400`},
		{`POST /subjects/$/versions/9/tags {}`, `404 40402`},
		{`POST /subjects/$-none/versions/1/tags {}`, `404 40401`},
		{`POST /subjects/$/versions/x/tags {}`, `422 42202`},
	}},
	{"tags reach through unions, arrays and maps", []step{
		{`POST /subjects/$/versions {"schema":"{\"type\":\"record\",\"name\":\"n.R\",\"fields\":[{\"name\":\"u\",\"type\":[\"null\",{\"type\":\"array\",\"items\":{\"type\":\"map\",\"values\":{\"type\":\"record\",\"name\":\"I\",\"fields\":[{\"name\":\"x\",\"type\":\"int\"}]}}}]}]}"}`, `200`},
		{`POST /subjects/$/versions/1/tags {"tagsToAdd":[{"schemaEntity":{"entityPath":"n.R.u.n.I.x","entityType":"sr_field"},"tags":["T"]}]}`, `200 {"version":2}`},
		{`GET /subjects/$/versions/2?findTags=*`, `200 {"schemaTags":[{"schemaEntity":{"entityPath":"n.R.u.n.I.x","entityType":"sr_field"},"tags":["T"]}]}`},
	}},
	{"rules are checked and kept", []step{
		{`POST /subjects/$/versions {"schema":@v1,"ruleSet":{"domainRules":[{"name":"r","kind":"CONDITION","mode":"WRITE","type":"CEL","expr":"true"}]}}`, `200 {"id":"#i1","version":1,"ruleSet":{"domainRules":[{"name":"r","type":"CEL"}]}}`},
		{`GET /subjects/$/versions/1`, `200 {"ruleSet":{"domainRules":[{"name":"r","kind":"CONDITION","mode":"WRITE","type":"CEL","expr":"true"}]}}`},
		{`POST /subjects/$/versions {"schema":@v2}`, `200 {"version":2,"ruleSet":{"domainRules":[{"name":"r"}]}}`},
		{`GET /schemas?subjectPrefix=$&ruleType=CEL`, `200 [{"version":1},{"version":2}]`},
		{`GET /schemas?subjectPrefix=$&ruleType=JSONATA`, `200 []`},
		{`POST /subjects/$/versions {"schema":@v3,"ruleSet":{"domainRules":[{"name":"r","mode":"UPGRADE","type":"CEL"}]}}`, `422 42210`},
		{`POST /subjects/$/versions {"schema":@v3,"ruleSet":{"domainRules":[{"name":"9 r","mode":"WRITE","type":"CEL"}]}}`, `422 42210`},
		{`POST /subjects/$/versions {"schema":@v3,"ruleSet":{"domainRules":[{"name":"r","mode":"WRITE"}]}}`, `422 42210`},
		{`POST /subjects/$/versions {"schema":@v3,"ruleSet":{"domainRules":[{"name":"r","mode":"WRITE","type":"CEL","onFailure":"A,B"}]}}`, `422 42210`},
		{`POST /subjects/$/versions {"schema":@v3,"ruleSet":{"domainRules":[{"name":"r","type":"CEL"},{"name":"r","type":"CEL"}]}}`, `422 42210`},
		{`PUT /config/$-c {"overrideRuleSet":{"domainRules":[{"name":"r","type":"CEL","expr":"1"}]},"defaultRuleSet":{"domainRules":[{"name":"d","type":"CEL"}]}}`, `200`},
		{`POST /subjects/$-c/versions {"schema":@v1,"ruleSet":{"domainRules":[{"name":"r","type":"CEL","expr":"2"},{"name":"s","type":"CEL"}]}}`, `200 {"ruleSet":{"domainRules":[{"name":"d"},{"name":"s"},{"name":"r","expr":"1"}]}}`},
	}},
}

// compatibilitySequences: every level, and the tests of compatibility.
var compatibilitySequences = append([]sequence{
	{"an incompatible schema is refused with reasons", []step{
		{`POST /subjects/$/versions {"schema":@v1}`, `200`},
		{`POST /subjects/$/versions {"schema":@other}`, `409 40901`},
		{`POST /subjects/$/versions {"schema":@v2b}`, `409 40901`},
		{`POST /compatibility/subjects/$/versions/latest {"schema":@v2b}`, `200 {"is_compatible":false,"messages":"absent"}`},
		{`POST /compatibility/subjects/$/versions/latest?verbose=true {"schema":@v2b}`, `200 {"is_compatible":false,"messages":["*","*","*","*"]}`},
		{`POST /compatibility/subjects/$/versions/1 {"schema":@v2}`, `200 {"is_compatible":true}`},
		{`POST /compatibility/subjects/$/versions {"schema":@v2}`, `200 {"is_compatible":true}`},
		{`POST /compatibility/subjects/$/versions/latest?verbose=true {"schema":@v2}`, `200 {"is_compatible":true,"messages":[]}`},
		{`POST /compatibility/subjects/$/versions/2 {"schema":@v2}`, `404 40402`},
		{`POST /compatibility/subjects/$/versions/x {"schema":@v2}`, `422 42202`},
		{`POST /compatibility/subjects/$/versions/latest {"schema":@broken}`, `422 42201`},
		{`POST /compatibility/subjects/$/versions/latest?verbose=true {"schema":@broken}`, `200 {"is_compatible":false,"messages":["*"]}`},
		{`POST /compatibility/subjects/$-none/versions/latest {"schema":@v2}`, `200 {"is_compatible":true}`},
		{`POST /compatibility/subjects/$-none/versions/1 {"schema":@v2}`, `404 40402`},
		{`GET /subjects/$/versions`, `200 [1]`},
	}},
	{"another type is incompatible", []step{
		{`POST /subjects/$/versions {"schema":@v1}`, `200`},
		{`POST /subjects/$/versions {"schema":@json,"schemaType":"JSON"}`, `409 40901`},
		{`PUT /config/$ {"compatibility":"NONE"}`, `200`},
		{`POST /subjects/$/versions {"schema":@json,"schemaType":"JSON"}`, `200 {"version":2,"schemaType":"JSON"}`},
		{`POST /subjects/$/versions {"schema":@proto,"schemaType":"PROTOBUF"}`, `200 {"version":3,"schemaType":"PROTOBUF"}`},
		{`GET /subjects/$/versions/2`, `200 {"schemaType":"JSON"}`},
	}},
	{"groups are compared within themselves", []step{
		{`PUT /config/$ {"compatibilityGroup":"major"}`, `200 {"compatibilityGroup":"major"}`},
		{`POST /subjects/$/versions {"schema":@v1,"metadata":{"properties":{"major":"1"}}}`, `200 {"version":1}`},
		{`POST /subjects/$/versions {"schema":@other,"metadata":{"properties":{"major":"1"}}}`, `409 40901`},
		{`POST /subjects/$/versions {"schema":@other,"metadata":{"properties":{"major":"2"}}}`, `200 {"version":2}`},
		{`POST /subjects/$/versions {"schema":@v2,"metadata":{"properties":{"major":"1"}}}`, `200 {"version":3}`},
	}},
	{"reserved fields", []step{
		{`PUT /config/$ {"validateFields":true}`, `200 {"validateFields":true}`},
		{`POST /subjects/$/versions {"schema":@v1,"metadata":{"properties":{"confluent:reserved":"a"}}}`, `409 40901`},
		{`POST /subjects/$/versions {"schema":@v1,"metadata":{"properties":{"confluent:reserved":"z"}}}`, `200 {"version":1}`},
		{`POST /subjects/$/versions {"schema":@v2,"metadata":{"properties":{"confluent:reserved":"y"}}}`, `409 40901`},
	}},
}, levelSequences()...)

// levelSequences go through a history under each level. v1, v2 and v3 each read what
// the others wrote; other goes with none of them; v2b is read by v1 but cannot read
// v1, and cannot read v2's latest predecessor without the field.
func levelSequences() []sequence {
	accepted := func(ok bool, version string) string {
		if ok {
			return `200 {"version":` + version + `}`
		}
		return "409 40901"
	}
	var all []sequence
	for _, l := range []struct {
		level string
		// whether {a, c without default} is taken after {a} and then {a, b}, and a
		// schema that only goes with the latest.
		required, latestOnly bool
	}{
		{"NONE", true, true},
		{"BACKWARD", false, true},
		{"BACKWARD_TRANSITIVE", false, false},
		{"FORWARD", true, true},
		{"FORWARD_TRANSITIVE", true, true},
		{"FULL", false, true},
		{"FULL_TRANSITIVE", false, false},
	} {
		// keep goes with {a, c int} only: it needs c, which {a} has not.
		const first = `{"schema":"{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":\"int\"}]}"}`
		const second = `{"schema":"{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":\"int\"},{\"name\":\"c\",\"type\":\"int\",\"default\":0}]}"}`
		const third = `{"schema":"{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":\"int\"},{\"name\":\"c\",\"type\":\"int\"}]}"}`
		const required = `{"schema":"{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":\"int\"},{\"name\":\"d\",\"type\":\"int\"}]}"}`
		all = append(all, sequence{"level " + l.level, []step{
			{`PUT /config/$ {"compatibility":"NONE"}`, `200`},
			{`POST /subjects/$/versions ` + first, `200 {"version":1}`},
			{`POST /subjects/$/versions ` + second, `200 {"version":2}`},
			{`PUT /config/$ {"compatibility":"` + l.level + `"}`, `200 {"compatibility":"` + l.level + `"}`},
			{`POST /subjects/$/versions {"schema":@long}`, accepted(l.level == "NONE", "3")},
			{`DELETE /subjects/$/versions/3`, map[bool]string{true: "200 3", false: "404 40402"}[l.level == "NONE"]},
			{`POST /compatibility/subjects/$/versions ` + third, `200 {"is_compatible":` + map[bool]string{true: "true", false: "false"}[l.latestOnly] + `}`},
			{`POST /compatibility/subjects/$/versions/latest ` + third, `200 {"is_compatible":true}`},
			{`POST /compatibility/subjects/$/versions/latest ` + required, `200 {"is_compatible":` + map[bool]string{true: "true", false: "false"}[l.required] + `}`},
			{`POST /subjects/$/versions ` + third, accepted(l.latestOnly, map[bool]string{true: "4", false: "3"}[l.level == "NONE"])},
		}})
	}
	return all
}
