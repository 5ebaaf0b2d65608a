using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Apps.Tests.FleetApi;

/// <summary>Every route of the fleet: what it asks of whom, and what it makes of requests that are no good.</summary>
public sealed class FleetRouteTests(FleetService service) : IClassFixture<FleetService>, IAsyncLifetime
{
    /// <summary>Method, path, body, status, what the actors are asked, and what is in the answer.</summary>
    public static TheoryData<string, string, string?, int, string, string> Good => new()
    {
        { "GET", "/tasks/", null, 200, """b1.ListTasks {"after":0,"limit":1000}; b2.ListTasks {"after":0,"limit":1000}""", "\"task_id\":1001" },
        { "GET", "/tasks?batch=b1&status=pending&status=failed&limit=5&after=3", null, 200, """b1.ListTasks {"status":["pending","failed"],"after":3,"limit":5}""", "\"status\":\"pending" },
        { "GET", "/tasks", """{"task_id": [1001, 2001, 99000], "name": "n"}""", 200, """b1.ListTasks {"task_id":[1001],"name":["n"],"after":0,"limit":1000}; b2.ListTasks {"task_id":[2001],"name":["n"],"after":0,"limit":1000}""", "\"creation_date\":\"2026-11-21T13:00:00.000000+00:00" },
        { "GET", "/tasks", """{"task_id": 1001, "batch": "b2"}""", 200, "", "[]" },
        { "POST", "/tasks/", """{"command": "echo 1"}""", 201, """Default.CreateTasks {"body":{"tasks":[{"command":"echo 1"}]}}""", "\"task_id\":1001" },
        { "POST", "/tasks", """{"command": "a | b", "batch": "b1", "shell": true, "status": "paused", "name": "n", "input": ["s3://a", "s3://b"], "resource": "http://r", "output": "s3://o", "container": "i:1", "container_options": "", "required_task_ids": [1001, 2001], "retry": 2, "download_timeout": 5, "run_timeout": 6, "use_cache": true}""", 201,
            """b2.GetTaskStatuses [2001]; b1.CreateTasks {"body":{"tasks":[{"name":"n","command":"a | b","shell":"sh","status":"paused","input":"s3://a s3://b","resource":"http://r","output":"s3://o","container":"i:1","container_options":"","required_task_ids":[1001,2001],"retry":2,"download_timeout":5,"run_timeout":6,"use_cache":true}],"foreign":[{"task_id":2001,"status":"pending"}]}}""", "\"batch\":\"b1" },
        { "GET", "/tasks/status?task_id=1001", null, 200, "b1.GetTaskStatuses [1001]", "[2]" },
        { "GET", "/tasks/status", """{"task_id": [2001, 1001, 2001]}""", 200, "b2.GetTaskStatuses [2001]; b1.GetTaskStatuses [1001]", "[2,2,2]" },
        { "GET", "/tasks/status?task_id=99000&task_id=1001&blocked=true", null, 200, "b1.GetTaskStatuses [1001]", """{"statuses":[-1,2],"blocked":[false,false]}""" },
        { "GET", "/tasks/1001", null, 200, "b1.GetTask 1001", "\"command\":\"echo" },
        { "GET", "/tasks/2999/", null, 200, "b2.GetTask 2999", "\"required_task_ids\":[]" },
        { "PUT", "/tasks/1001", """{"status": "pending", "name": null, "run_timeout": null, "retry": "3"}""", 200, """b1.UpdateTask {"body":{"task_id":1001,"fields":{"status":"pending","retry":3,"cleared":["name","run_timeout"]}}}""", "\"task_id\":1001" },
        { "DELETE", "/tasks/1001", null, 200, "b1.DeleteTask 1001", "\"task_id\":1001" },
        { "GET", "/tasks/1001/freeze/1500", null, 200, """b1.GetExecution {"execution_id":1500,"with_output":false}; b1.Freeze 1500""", "\"task_id\":1001" },
        { "PUT", "/tasks/1001/freeze/1500", "{}", 200, """b1.GetExecution {"execution_id":1500,"with_output":false}; b1.Freeze 1500""", "\"task_id\":1001" },
        { "GET", "/workers/", null, 200, """fleet.ListWorkers {"after":0,"limit":1000}""", "\"worker_id\":7" },
        { "GET", "/workers?batch=b1&status=running&permanent=false&limit=2", """{"worker_id": 7, "name": ["w"], "hostname": "h", "flavor": "f", "provider": "p", "region": "r"}""", 200,
            """fleet.ListWorkers {"worker_id":[7],"name":["w"],"hostname":["h"],"batch":["b1"],"status":["running"],"flavor":["f"],"provider":["p"],"region":["r"],"permanent":false,"after":0,"limit":2}""", "\"name\":\"w" },
        { "POST", "/workers/", """{"name": "w", "concurrency": 2, "hostname": "h", "status": "paused", "batch": "b1", "permanent": true, "prefetch": 1, "flavor": "f", "provider": "p", "region": "r", "launcher_id": "l"}""", 200,
            """fleet.DeclareWorker {"body":{"name":"w","concurrency":2,"hostname":"h","status":"paused","batch":"b1","permanent":true,"prefetch":1,"flavor":"f","provider":"p","region":"r","launcher_id":"l"}}""", "\"worker_id\":7" },
        { "GET", "/workers/tasks", null, 200, "b1.CountWorkerTasks; b2.CountWorkerTasks", """[{"worker_id":7,"status":"running","count":4}]""" },
        { "GET", "/workers/7", null, 200, "fleet.GetWorker 7", "\"worker_id\":7" },
        { "PUT", "/workers/7", """{"status": "evicted", "eviction_action": "replace", "concurrency": 0, "batch": "b2"}""", 200, """fleet.UpdateWorker {"body":{"worker_id":7,"fields":{"status":"evicted","concurrency":0,"batch":"b2","eviction_action":"replace"}}}""", "\"worker_id\":7" },
        { "DELETE", "/workers/7", null, 200, "fleet.DeleteWorker 7", "\"worker_id\":7" },
        { "PUT", "/workers/deploy/", """{"number": 3, "region": "r", "provider": "p", "flavor": "f", "batch": "b1", "concurrency": 2, "prefetch": 1}""", 200,
            """fleet.DeployWorkers {"body":{"number":3,"batch":"b1","concurrency":2,"flavor":"f","provider":"p","region":"r","prefetch":1}}""", """{"result":"ok","job_ids":[5]}""" },
        { "PUT", "/workers/deploy", """{"number": 1, "flavor": "f", "concurrency": 2}""", 200, """fleet.DeployWorkers {"body":{"number":1,"batch":"Default","concurrency":2,"flavor":"f","prefetch":0}}""", "\"job_ids\":[5]" },
        { "PUT", "/workers/7/callback", """{"message": "idle"}""", 200, """fleet.Callback {"worker_id":7,"message":"idle"}""", """{"result":"ok"}""" },
        { "GET", "/workers/7/executions", null, 200, """fleet.FindWorker 7; b1.ListWorkerExecutions {"worker_id":7}""", "\"task_id\":1001,\"worker_id\":7,\"command\":\"echo" },
        { "GET", "/workers/7/executions/running", null, 200, """fleet.FindWorker 7; b1.ListWorkerExecutions {"worker_id":7,"status":"running"}""", "\"taskstatus\":\"running" },
        { "GET", "/workers/7/signals", null, 200, "fleet.FindWorker 7; b1.TakeSignals 7", "\"signal\":9" },
        { "POST", "/workers/7/signals", """{"execution_id": 2500, "signal": 9}""", 200, """b2.SendSignal {"body":{"worker_id":7,"execution_id":2500,"signal":9}}""", "\"signal_id\":1800" },
        { "POST", "/workers/7/signals", """{"signal": -1}""", 200, """fleet.FindWorker 7; b1.SendSignal {"body":{"worker_id":7,"signal":-1}}""", "\"worker_id\":7" },
        { "GET", "/executions/", null, 200, """b1.ListExecutions {"limit":50,"reverse":false,"no_output":false,"after":0}; b2.ListExecutions {"limit":50,"reverse":false,"no_output":false,"after":0}""", "\"execution_id\":1500" },
        { "GET", "/executions?batch=b1&latest=true&no_output=1&limit=3&reverse=yes&trunc=10&task_name=n", """{"task_id": [1001, 1002], "status": ["failed"], "worker_id": 7}""", 200,
            """b1.ListExecutions {"task_id":[1001,1002],"status":["failed"],"latest":true,"task_name":"n","worker_id":7,"limit":3,"reverse":true,"no_output":true,"trunc":10,"after":0}""", "\"task_id\":1001" },
        { "POST", "/executions/", """{"worker_id": 7, "task_id": 1001, "status": "running", "command": "echo 2"}""", 200, """b1.CreateExecution {"body":{"task_id":1001,"worker_id":7,"status":"running","command":"echo 2"}}""", "\"execution_id\":1500" },
        { "GET", "/executions/1500?trunc=5", null, 200, """b1.GetExecution {"execution_id":1500,"with_output":true,"trunc":5}""", "\"worker_id\":7" },
        { "PUT", "/executions/1500", """{"status": "failed", "pid": 12, "return_code": -1000, "output": " a\n", "error": "", "output_files": "x y", "command": "c", "freeze": true, "input_hash": "i", "output_hash": "o", "cause": "upload-failed"}""", 200,
            """b1.UpdateExecution {"body":{"execution_id":1500,"fields":{"status":"failed","freeze":true,"pid":"12","return_code":-1000,"output":" a\n","error":"","output_files":"x y","command":"c","input_hash":"i","output_hash":"o","cause":"upload-failed"}}}""", "\"execution_id\":1500" },
        { "PUT", "/executions/1500/output", """{"text": " line\n"}""", 200, """b1.AppendLog {"body":{"execution_id":1500,"stream":"output","text":" line\n"}}""", """{"result":"ok","length":12,"is_truncated":false}""" },
        { "PUT", "/executions/1500/error", """{"text": "", "offset": 12}""", 200, """b1.AppendLog {"body":{"execution_id":1500,"stream":"error","text":"","offset":12}}""", "\"length\":12" },
        { "GET", "/executions/1500/output", null, 200, """b1.ReadLogs {"execution_id":1500,"output_position":1,"error_position":1}""", """{"output":"out","error":"err","output_next":4,"error_next":4}""" },
        { "GET", "/executions/1500/output", """{"data": {"output": true, "error": false, "output_position": 4, "error_position": 2}}""", 200, """b1.ReadLogs {"execution_id":1500,"output_position":4}""", "out" },
        { "GET", "/executions/1500/output?error_start=3", null, 200, """b1.ReadLogs {"execution_id":1500,"error_position":3}""", "err" },
        { "GET", "/executions/1500/output", """{"output_start": 2, "error": true}""", 200, """b1.ReadLogs {"execution_id":1500,"output_position":2,"error_position":1}""", "err" },
        { "PUT", "/executions/1500/output_files", """{"text": "a b/c"}""", 200, """b1.UpdateExecution {"body":{"execution_id":1500,"fields":{"output_files":"a b/c"}}}""", "\"execution_id\":1500" },
        { "PUT", "/executions/1500/delete", "{}", 200, "b1.DeleteExecution 1500", """{"result":"ok"}""" },
        { "DELETE", "/executions/1500", null, 200, "b1.DeleteExecution 1500", "\"execution_id\":1500" },
        { "GET", "/batch/", null, 200, "fleet.ListBatches", """[{"batch":"b1","paused":0,"waiting":0,"pending":3,"assigned":0,"accepted":0,"running":0,"failed":0,"succeeded":0,"debug":0,"workers":["w"],"external_pending":4}]""" },
        { "PUT", "/batch/b1/stop", null, 200, "b1.Stop {}", """{"result":"ok"}""" },
        { "PUT", "/batch/any%20name/stop/", """{"signal": 15}""", 200, """any name.Stop {"signal":15}""", """{"result":"ok"}""" },
        { "PUT", "/batch/b1/go?signal=18", null, 200, """b1.Go {"signal":18}""", """{"result":"ok"}""" },
        { "PUT", "/batch/b1/pause", null, 200, "b1.PauseAll", """{"result":"ok"}""" },
        { "PUT", "/batch/b1/resume", null, 200, "b1.ResumeAll", """{"result":"ok"}""" },
        { "DELETE", "/batch/b1", null, 200, "b1.Clean", """{"result":"ok"}""" },
        { "GET", "/batch/b1/stats", null, 200, "b1.GetStats", "\"hours\":{\"succeeded\":{\"count\":1" },
        { "GET", "/requirement/", null, 200, """b1.ListRequirements {"after":0,"limit":1000}; b2.ListRequirements {"after":0,"limit":1000}""", "\"other_task_id\":1001" },
        { "GET", "/requirement?batch=b2&limit=1&after=1800", null, 200, """b2.ListRequirements {"after":1800,"limit":1}""", "\"requirement_id\":1900" },
        { "POST", "/requirement/", """{"task_id": 1002, "other_task_id": 1001}""", 200, """b1.AddRequirement {"body":{"task_id":1002,"other_task_id":1001}}""", "\"requirement_id\":1900" },
        { "DELETE", "/requirement/1900", null, 200, "b1.DeleteRequirement 1900", "\"requirement_id\":1900" },
        { "GET", "/recruiter/", null, 200, "fleet.ListRecruiters {}", "\"environment\":null" },
        { "GET", "/recruiter?batch=b1", null, 200, """fleet.ListRecruiters {"batch":["b1"]}""", "\"rank\":1" },
        { "POST", "/recruiter/", """{"batch": "b1", "rank": 1, "tasks_per_worker": 10, "worker_flavor": "auto:ram>=8", "worker_concurrency": 2, "worker_provider": "p", "worker_region": "r", "worker_prefetch": 1, "minimum_tasks": 3, "maximum_workers": 4, "scope": "recruiter", "partial_recycling": false}""", 201,
            """b1.PutRecruiter {"batch":"b1","rank":1,"tasks_per_worker":10,"worker_flavor":"auto:ram>=8","worker_concurrency":2,"worker_provider":"p","worker_region":"r","worker_prefetch":1,"minimum_tasks":3,"maximum_workers":4,"scope":"recruiter","partial_recycling":false}""", "\"environment\":null" },
        { "GET", "/recruiter/match?batch=b1", null, 200, """fleet.MatchRecruiters {"batch":["b1"]}""", "\"worker_id\":7" },
        { "GET", "/recruiter/b1/1", null, 200, "b1.ListRecruiters", "\"environment\":null" },
        { "PUT", "/recruiter/b1/1", """{"maximum_workers": null, "tasks_per_worker": 5}""", 200, """b1.UpdateRecruiter {"rank":1,"fields":{"tasks_per_worker":5,"cleared":["maximum_workers"]}}""", "\"environment\":null" },
        { "DELETE", "/recruiter/b1/1", null, 200, "b1.DeleteRecruiter 1", "\"environment\":null" },
        { "GET", "/flavor/", null, 200, """fleet.ListFlavors {"min_cpu":0,"min_ram":0,"min_disk":0,"max_eviction":5,"limit":10}""", "\"name\":\"f" },
        { "GET", "/flavor?min_cpu=2&min_ram=1.5&min_disk=3&max_eviction=0&limit=4&provider=p&region=r&protofilters=cpu%3E1", null, 200,
            """fleet.ListFlavors {"min_cpu":2,"min_ram":1.5,"min_disk":3,"max_eviction":0,"limit":4,"provider":"p","region":"r","protofilters":"cpu>1"}""", "\"provider\":\"p" },
        { "GET", "/jobs/?after=9&limit=2", null, 200, """fleet.ListJobs {"after":9,"limit":2}""", "\"environment\":null" },
        { "GET", "/jobs/5", null, 200, "fleet.GetJob 5", "\"environment\":null" },
        { "DELETE", "/jobs/5", null, 200, "fleet.DeleteJob 5", "\"environment\":null" },
        { "PUT", "/jobs/5/restart", null, 200, "fleet.RestartJob 5", "\"environment\":null" },
        { "PUT", "/workers/7/ping", """{"load": 1.5, "memory": 40.5, "stats": {"a": 1}}""", 200, """fleet.FindWorker 7; b1.Heartbeat {"beats":[{"worker_id":7,"load":"1.5","memory":40.5,"stats":"{\u0022a\u0022: 1}"}]}""", "\"worker_id\":7" },
        { "GET", "/config/remote", null, 200, "", FleetService.Remote },
    };

    /// <summary>Method, path, body, and every fault that is to be named.</summary>
    public static TheoryData<string, string, string?, string> Wrong => new()
    {
        { "GET", "/tasks?status=odd&task_id=x&limit=0&after=-1&batch=a/b", null, "'task_id': must be type 'integer' (int), or a list of at most 10000 such; 'batch': must not contain '/'; use another character; 'status': must be one or a list of paused, waiting, pending, assigned, accepted, running, failed, succeeded, debug; 'after': must be 0 or more; 'limit': must be from 1 to 1000000" },
        { "GET", "/tasks", """{"stauts": "failed"}""", "1 unknown argument(s); known are: after, batch, limit, name, status, task_id" },
        { "POST", "/tasks", "{}", "'command' is a required property" },
        { "POST", "/tasks", """{"command": "", "status": "odd", "batch": "a/b", "retry": -1, "run_timeout": 0, "use_cache": "maybe", "required_task_ids": "x", "input": [1], "colour": 1}""", "1 unknown argument(s)" },
        { "POST", "/tasks", """{"command": " ", "status": "odd", "retry": -1, "run_timeout": 0, "use_cache": "maybe", "required_task_ids": "x", "input": [1], "batch": " b"}""",
            "'command': must be type 'string' (str) and not empty; 'status': must be one of paused, waiting, pending, assigned, accepted, running, failed, succeeded, debug; 'input': must be type 'string' (str), or a list of such without blanks in them; 'required_task_ids': must be type 'integer' (int), or a list of at most 10000 such; 'retry': must be 0 or more; 'run_timeout': must be 1 or more; 'use_cache': must be type 'boolean' (bool): true or false; 'batch': must be 1 to 128 printable characters without blanks around them" },
        { "POST", "/tasks", """{"command": "c", "required_task_ids": [99000]}""", "'required_task_ids': there is no task 99000" },
        { "GET", "/tasks/status", null, "'task_id' is a required property" },
        { "GET", "/tasks/status", """{"task_id": [1, true]}""", "'task_id': must be type 'integer' (int), or a list of at most 100000 such" },
        { "PUT", "/tasks/1001", """{"status": 3, "task_id": 4}""", "1 unknown argument(s)" },
        { "POST", "/workers", "{}", "'name' is a required property; 'concurrency' is a required property" },
        { "POST", "/workers", """{"name": "", "concurrency": -1, "status": "odd", "permanent": 5, "prefetch": "x"}""", "'name': must be type 'string' (str) and not empty; 'concurrency': must be from 0 to 100000; 'status': must be one of paused, running, offline, failed, evicted; 'permanent': must be type 'boolean' (bool): true or false; 'prefetch': must be type 'integer' (int)" },
        { "GET", "/workers?status=odd&worker_id=x&permanent=maybe", null, "'worker_id': must be type 'integer' (int), or a list of at most 10000 such; 'status': must be one or a list of paused, running, offline, failed, evicted; 'permanent': must be type 'boolean' (bool): true or false" },
        { "PUT", "/workers/7", """{"concurrency": 1.5, "eviction_action": "odd", "batch": "a||b"}""", "'concurrency': must be type 'integer' (int); 'batch': must not contain '||'; use another character; 'eviction_action': must be one of none, delete, replace" },
        { "PUT", "/workers/deploy", """{"number": 0}""", "'concurrency' is a required property; 'flavor' is a required property; 'number': must be from 1 to 10000" },
        { "PUT", "/workers/7/ping", """{"memory": -1, "odd": 1}""", "1 unknown argument(s); known are: load, memory, stats; 'memory': must be 0 or more" },
        { "PUT", "/workers/7/heartbeat", """{"running": [{"execution_id": 1500}], "acknowledged_signals": ["x"], "batch": ""}""", "'batch': must be 1 to 128 printable characters without blanks around them; 'running': must be a list of at most 10000 objects with 'execution_id' and 'status', which is accepted or running; 'acknowledged_signals': must be type 'integer' (int), or a list of at most 10000 such" },
        { "PUT", "/workers/7/callback", "{}", "'message' is a required property" },
        { "PUT", "/workers/7/callback", """{"message": "busy"}""", "'message': must be one of idle" },
        { "GET", "/workers/7/executions/odd", null, "'status': must be one of pending, accepted, running, refused, failed, succeeded" },
        { "POST", "/workers/7/signals", "{}", "'signal' is a required property" },
        { "POST", "/workers/7/signals", """{"signal": 11, "execution_id": "x"}""", "'execution_id': must be type 'integer' (int); 'signal': must be one of 9, 15, 3, 20, 18, -1, -2, -3" },
        { "POST", "/workers/7/signals", """{"signal": 9}""", "'signal': is for an execution; give 'execution_id'" },
        { "POST", "/workers/7/signals", """{"signal": -2, "execution_id": 1500}""", "'signal': is for a worker as a whole; leave 'execution_id' out" },
        { "GET", "/executions?status=odd&latest=maybe&limit=x&trunc=-1", null, "'status': must be one or a list of pending, accepted, running, refused, failed, succeeded; 'latest': must be type 'boolean' (bool): true or false; 'trunc': must be 0 or more; 'limit': must be type 'integer' (int)" },
        { "POST", "/executions", """{"status": "failed"}""", "'worker_id' is a required property; 'task_id' is a required property; 'status': must be one of pending, running" },
        { "PUT", "/executions/1500", """{"status": "odd", "return_code": 1.5, "output": 5, "freeze": "maybe", "cause": "worker-lost"}""", "'status': must be one of pending, accepted, running, refused, failed, succeeded; 'return_code': must be type 'integer' (int); 'output': must be type 'string' (str); 'freeze': must be type 'boolean' (bool): true or false; 'cause': must be one of" },
        { "PUT", "/executions/1500/output", "{}", "'text' is a required property" },
        { "PUT", "/executions/1500/error", """{"text": 5, "offset": -1}""", "'text': must be type 'string' (str); 'offset': must be 0 or more" },
        { "GET", "/executions/1500/output", """{"data": {"output": "maybe", "error_start": 0, "odd": 1}}""", "1 unknown argument(s)" },
        { "GET", "/executions/1500/output?output_position=0", null, "'output_position': must be 1 or more" },
        { "PUT", "/executions/1500/output_files", """{"text": [5]}""", "'text': must be type 'string' (str), or a list of such without blanks in them" },
        { "PUT", "/batch/a%2Fb/stop", """{"signal": 18}""", "'signal': must be one of 9, 15, 3, 20; 'batch': must not contain '/'; use another character" },
        { "PUT", "/batch/b1/go", """{"signal": 9}""", "'signal': must be one of 18" },
        { "POST", "/requirement", """{"task_id": "x"}""", "'other_task_id' is a required property; 'task_id': must be type 'integer' (int)" },
        { "POST", "/requirement", """{"task_id": 99000, "other_task_id": 98000}""", "'task_id': there is no such task; 'other_task_id': there is no such task" },
        { "POST", "/requirement", """{"task_id": 1001, "other_task_id": 2001}""", "'other_task_id': is of another batch" },
        { "POST", "/recruiter", "{}", "'batch' is a required property; 'rank' is a required property; 'tasks_per_worker' is a required property; 'worker_flavor' is a required property; 'worker_concurrency' is a required property" },
        { "POST", "/recruiter", """{"batch": "b1", "rank": 0, "tasks_per_worker": 0, "worker_flavor": 5, "worker_concurrency": -1, "maximum_workers": -1, "scope": "odd"}""",
            "'rank': must be 1 or more; 'tasks_per_worker': must be 1 or more; 'worker_flavor': must be type 'string' (str) and not empty; 'worker_concurrency': must be from 0 to 100000; 'maximum_workers': must be 0 or more; 'scope': must be one of batch, recruiter" },
        { "POST", "/recruiter", """{"environment": {}}""", "1 unknown argument(s)" },
        { "GET", "/recruiter/b1/0", null, "'rank': must be 1 or more" },
        { "PUT", "/recruiter/b1/x", """{"tasks_per_worker": 0}""", "'tasks_per_worker': must be 1 or more; 'rank': must be 1 or more" },
        { "GET", "/flavor?min_cpu=-1&min_ram=x&limit=0", null, "'min_cpu': must be 0 or more; 'min_ram': must be type 'number' (float); 'limit': must be from 1 to 1000" },
        { "GET", "/jobs?limit=1001", null, "'limit': must be from 1 to 1000" },
    };

    /// <summary>Places of things that are not there: by an id that is none, and by one that nobody ever had.</summary>
    public static TheoryData<string, string, string?> Unknown => new()
    {
        { "GET", "/tasks/ID", null }, { "PUT", "/tasks/ID", "{}" }, { "DELETE", "/tasks/ID", null }, { "GET", "/tasks/1001/freeze/ID", null }, { "PUT", "/tasks/ID/freeze/1500", "{}" },
        { "GET", "/executions/ID", null }, { "PUT", "/executions/ID", "{}" }, { "DELETE", "/executions/ID", null }, { "PUT", "/executions/ID/delete", "{}" },
        { "PUT", "/executions/ID/output", """{"text": "x"}""" }, { "PUT", "/executions/ID/error", """{"text": "x"}""" }, { "GET", "/executions/ID/output", null }, { "PUT", "/executions/ID/output_files", """{"text": "x"}""" },
        { "DELETE", "/requirement/ID", null },
    };

    /// <summary>Calls whose refusal comes from the actor.</summary>
    public static TheoryData<string, string, string?, string> Asked => new()
    {
        { "GET", "/tasks/1001", null, "b1.GetTask" }, { "PUT", "/tasks/1001", "{}", "b1.UpdateTask" }, { "DELETE", "/tasks/1001", null, "b1.DeleteTask" }, { "POST", "/tasks", """{"command": "c"}""", "Default.CreateTasks" },
        { "PUT", "/tasks/1001/freeze/1500", "{}", "b1.Freeze" }, { "GET", "/workers", null, "fleet.ListWorkers" }, { "POST", "/workers", """{"name": "w", "concurrency": 1}""", "fleet.DeclareWorker" },
        { "GET", "/workers/7", null, "fleet.GetWorker" }, { "PUT", "/workers/7", "{}", "fleet.UpdateWorker" }, { "DELETE", "/workers/7", null, "fleet.DeleteWorker" },
        { "PUT", "/workers/deploy", """{"number": 1, "flavor": "f", "concurrency": 1}""", "fleet.DeployWorkers" }, { "PUT", "/workers/7/callback", """{"message": "idle"}""", "fleet.Callback" },
        { "GET", "/workers/7/executions", null, "b1.ListWorkerExecutions" }, { "GET", "/workers/7/executions/failed", null, "fleet.FindWorker" }, { "GET", "/workers/7/signals", null, "b1.TakeSignals" },
        { "POST", "/workers/7/signals", """{"signal": 9, "execution_id": 1500}""", "b1.SendSignal" }, { "POST", "/executions", """{"worker_id": 7, "task_id": 1001}""", "b1.CreateExecution" },
        { "GET", "/executions/1500", null, "b1.GetExecution" }, { "PUT", "/executions/1500", "{}", "b1.UpdateExecution" }, { "DELETE", "/executions/1500", null, "b1.DeleteExecution" },
        { "PUT", "/executions/1500/delete", "{}", "b1.DeleteExecution" }, { "PUT", "/executions/1500/output", """{"text": "x"}""", "b1.AppendLog" }, { "PUT", "/executions/1500/error", """{"text": "x"}""", "b1.AppendLog" },
        { "GET", "/executions/1500/output", null, "b1.ReadLogs" }, { "PUT", "/executions/1500/output_files", """{"text": "x"}""", "b1.UpdateExecution" },
        { "PUT", "/batch/b1/stop", null, "b1.Stop" }, { "PUT", "/batch/b1/go", null, "b1.Go" }, { "PUT", "/batch/b1/pause", null, "b1.PauseAll" }, { "PUT", "/batch/b1/resume", null, "b1.ResumeAll" },
        { "DELETE", "/batch/b1", null, "b1.Clean" }, { "GET", "/batch/b1/stats", null, "b1.GetStats" }, { "POST", "/requirement", """{"task_id": 1002, "other_task_id": 1001}""", "b1.AddRequirement" },
        { "DELETE", "/requirement/1900", null, "b1.DeleteRequirement" }, { "POST", "/recruiter", """{"batch": "b1", "rank": 1, "tasks_per_worker": 1, "worker_flavor": "f", "worker_concurrency": 1}""", "b1.PutRecruiter" },
        { "PUT", "/recruiter/b1/1", "{}", "b1.UpdateRecruiter" }, { "DELETE", "/recruiter/b1/1", null, "b1.DeleteRecruiter" }, { "GET", "/flavor", null, "fleet.ListFlavors" }, { "GET", "/jobs", null, "fleet.ListJobs" },
        { "GET", "/jobs/5", null, "fleet.GetJob" }, { "DELETE", "/jobs/5", null, "fleet.DeleteJob" }, { "PUT", "/jobs/5/restart", null, "fleet.RestartJob" },
    };

    public async ValueTask InitializeAsync() => await service.ResetAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [MemberData(nameof(Good))]
    public async Task Call_Good_AsksTheRightActorAndAnswers(string method, string path, string? body, int status, string asked, string answer)
    {
        var (response, text) = await service.CallAsync(method, path, body);
        string said = text.GetRawText();
        Assert.True((int)response.StatusCode == status, $"{(int)response.StatusCode}: {said}");
        Assert.Equal(asked, string.Join("; ", service.Notes).Replace("\\u003E", ">"));
        Assert.Contains(answer, said);
        Assert.DoesNotContain("hunter2", said);
    }

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task Call_Wrong_SaysEveryFaultAndAsksNobody(string method, string path, string? body, string expected)
    {
        string reason = await RefusedAsync(HttpStatusCode.BadRequest, method, path, body);
        Assert.Contains(expected, reason);
        Assert.Empty(service.Notes);
    }

    [Theory]
    [MemberData(nameof(Unknown))]
    public async Task Call_ThingThatIsNotThere_Is404(string method, string path, string? body)
    {
        foreach (string id in new[] { "x", "-1", "5", "99000", "99999999999999999999" }) Assert.StartsWith("there is no such", await RefusedAsync(HttpStatusCode.NotFound, method, path.Replace("ID", id), body));
        // Whose execution it is has to be looked up; nothing else may have happened.
        Assert.All(service.Notes, note => Assert.StartsWith("b1.GetExecution", note));
    }

    [Theory]
    [MemberData(nameof(Asked))]
    public async Task Call_ActorRefuses_StatusAndReasonArePassedOn(string method, string path, string? body, string asked)
    {
        foreach (int status in new[] { 400, 404, 409 })
        {
            // A page that is not there is an empty one.
            if (status == 404 && path is "/workers") continue;
            service.Answers[asked] = _ => Refusal(asked, status, "why not");
            Assert.Equal("why not", await RefusedAsync((HttpStatusCode)status, method, path, body));
        }
    }

    [Fact]
    public async Task Call_ActorIsAway_Is503WithRetryAfter()
    {
        service.Answers["b1.GetTask"] = _ => throw new Dapr.DaprException("no sidecar");
        var (response, error) = await service.CallAsync("GET", "/tasks/1001");
        Assert.Equal((HttpStatusCode.ServiceUnavailable, TimeSpan.FromSeconds(5)), (response.StatusCode, response.Headers.RetryAfter?.Delta));
        Assert.Equal("a part of the service is away or overloaded; try again", error.GetProperty("message").GetString());
    }

    [Fact]
    public async Task Append_Gap_SaysWhereToGoOn()
    {
        service.Answers["b1.AppendLog"] = _ => new FleetAnswer<LogLengthV1>(409, new(40, false), "a gap");
        var (response, error) = await service.CallAsync("PUT", "/executions/1500/output", """{"text": "x", "offset": 50}""");
        Assert.Equal((HttpStatusCode.Conflict, 40, "a gap"), (response.StatusCode, error.GetProperty("length").GetInt32(), error.GetProperty("message").GetString()));
    }

    [Fact]
    public async Task Create_RequiredTaskOfAnotherBatchIsGone_Is400()
    {
        service.Answers["b2.GetTaskStatuses"] = _ => new TaskStatusesV1([-1], [false]);
        Assert.Equal("'required_task_ids': there is no task 2001", await RefusedAsync(HttpStatusCode.BadRequest, "POST", "/tasks", """{"command": "c", "batch": "b1", "required_task_ids": 2001}"""));
    }

    [Fact]
    public async Task Statuses_TaskIsGone_Is404ThatNamesIt()
    {
        service.Answers["b1.GetTaskStatuses"] = _ => new TaskStatusesV1([2, -1], [false, false]);
        Assert.Equal("there is no task 1002", await RefusedAsync(HttpStatusCode.NotFound, "GET", "/tasks/status", """{"task_id": [1001, 1002]}"""));
    }

    [Fact]
    public async Task Freeze_ExecutionOfAnotherTask_Is404AndFreezesNothing()
    {
        Assert.Equal("there is no such execution of this task", await RefusedAsync(HttpStatusCode.NotFound, "PUT", "/tasks/1002/freeze/1500", "{}"));
        Assert.DoesNotContain(service.Notes, note => note.Contains("Freeze"));
    }

    [Fact]
    public async Task Recruiter_NoSuchRank_Is404() => Assert.Equal("there is no such recruiter", await RefusedAsync(HttpStatusCode.NotFound, "GET", "/recruiter/b1/2"));

    [Fact]
    public async Task Storage_SecretsWithoutAuthentication_AreNotGivenOut() =>
        Assert.Contains("SKYDRIVER_AUTH_ISSUER", await RefusedAsync(HttpStatusCode.Forbidden, "GET", "/config/rclone"));

    [Fact]
    public async Task Key_SameOrOther_ReachesTheActorScopedToThePlace()
    {
        List<string> keys = [];
        foreach ((string path, string key) in new[] { ("/tasks/1001", "k1"), ("/tasks/1001/", "k1"), ("/tasks/1001", "k2"), ("/tasks/1002", "k1") })
        {
            service.Notes.Clear();
            var (response, _) = await service.CallAsync("PUT", path, "{}", ("Idempotency-Key", key));
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            keys.Add(Regex.Match(service.Notes.Single(), "\"key\":\"([0-9a-f]{64})\"").Groups[1].Value);
        }

        Assert.All(keys, key => Assert.NotEmpty(key));
        Assert.Equal(keys[0], keys[1]);
        Assert.Equal(3, keys.Distinct().Count());
        service.Notes.Clear();
        var (refused, error) = await service.CallAsync("PUT", "/tasks/1001", "{}", ("Idempotency-Key", new string('k', 129)));
        Assert.Equal((HttpStatusCode.BadRequest, "'Idempotency-Key': must be 1 to 128 printable characters"), (refused.StatusCode, error.GetProperty("message").GetString()));
        Assert.Empty(service.Notes);
    }

    [Theory]
    [InlineData("/openapi/v1.json")]
    [InlineData("/swagger.json")]
    public async Task Description_FleetRows_AreTheRoutesThatThisTableTests(string place)
    {
        var (_, document) = await service.CallAsync("GET", place);
        string[] described = [.. from path in document.GetProperty("paths").EnumerateObject()
                                 from call in path.Value.EnumerateObject()
                                 where call.Value.TryGetProperty("tags", out JsonElement tags) && tags[0].GetString() == "fleet"
                                 select $"{call.Name.ToUpperInvariant()} {path.Name}"];
        string[] places = ["tasks", "workers", "executions", "batch", "requirement", "recruiter", "flavor", "jobs", "config"];
        string[] served = [.. service.Endpoints.Where(e => places.Contains(e.RoutePattern.RawText!.Trim('/').Split('/')[0]))
            .SelectMany(e => e.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods.Where(m => m != "HEAD").Select(m => $"{m} /{e.RoutePattern.RawText!.TrimStart('/')}"))];
        Assert.Equal(served.Order(), described.Order());

        // The two that have tests of their own beside the table.
        HashSet<string> tested = ["PUT /workers/{worker_id}/heartbeat", "GET /config/rclone"];
        foreach (var row in Good) tested.Add($"{row.Data.Item1} {Pattern(row.Data.Item1, row.Data.Item2)}");
        Assert.Equal(served.Order(), tested.Order());
    }

    /// <summary>The route that serves a path.</summary>
    private string Pattern(string method, string path)
    {
        string[] parts = path.Split('?')[0].Trim('/').Split('/');
        return service.Endpoints.Where(e => e.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods.Contains(method) is true)
            .Select(e => e.RoutePattern.RawText!.Trim('/').Split('/')).Where(p => p.Length == parts.Length && p.Zip(parts).All(pair => pair.First.StartsWith('{') || pair.First == pair.Second))
            .OrderBy(p => p.Count(part => part.StartsWith('{'))).Select(p => "/" + string.Join('/', p)).First();
    }

    /// <summary>Refused, in the form that old and new clients of the fleet read.</summary>
    private async Task<string> RefusedAsync(HttpStatusCode expected, string method, string path, string? body = null)
    {
        var (response, error) = await service.CallAsync(method, path, body);
        Assert.Equal(expected, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        string reason = error.GetProperty("message").GetString()!;
        Assert.Equal([reason, reason], [error.GetProperty("detail").GetString()!, error.GetProperty("error").GetString()!]);
        Assert.Equal([(int)expected, (int)expected], [error.GetProperty("status").GetInt32(), error.GetProperty("code").GetInt32()]);
        Assert.NotEmpty(error.GetProperty("title").GetString()!);
        return reason;
    }

    private static object Refusal(string asked, int status, string reason)
    {
        string[] parts = asked.Split('.');
        Type actor = parts[0] == "fleet" ? typeof(SkyDriver.Hosting.Actors.IFleetActor) : typeof(SkyDriver.Hosting.Actors.IBatchActor);
        Type answer = actor.GetMethod(parts[1])!.ReturnType.GenericTypeArguments[0];
        return Activator.CreateInstance(answer, System.Reflection.BindingFlags.CreateInstance, null, [status, null, reason], CultureInfo.InvariantCulture)!;
    }
}
