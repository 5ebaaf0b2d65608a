using System.Text.Json;
using static SkyDriver.Testing.Loopback.LoopbackService;

namespace SkyDriver.Integration.Tests;

/// <summary>Commands on workers, tasks, batches and recruiters, against a service that answers as it is told.</summary>
public sealed class FleetCommandTests : ServiceDoubleTests
{
    private const string Task5 = """{"task_id": 5, "command": "echo 'a b'", "status": "pending", "batch": "b", "retry": 1, "status_date": "2026-11-21T13:00:00.000000+00:00"}""";
    private const string Worker7 = """{"worker_id": 7, "name": "node1", "status": "running", "batch": "b", "concurrency": 2, "provider": "htcondor", "region": "sub-2", "launcher_id": "123.0"}""";
    private const string Recruiter = """{"batch": "b", "rank": 1, "tasks_per_worker": 10, "worker_flavor": "auto", "worker_concurrency": 2, "worker_prefetch": 0, "minimum_tasks": 0, "scope": "batch", "partial_recycling": true}""";
    private const string Ok = """{"result": "ok"}""";

    /// <summary>Command line with <c>~</c> for a blank within a word, what the service is asked, its answer, and what is printed.</summary>
    public static TheoryData<string, string, string, string> Commands => new()
    {
        { "task create --batch b --after 4 --retry 1 -- echo a~b", """POST /tasks/ {"command":"echo \u0027a b\u0027","required_task_ids":[4],"retry":1,"batch":"b"}""", Task5, "5" },
        { "task list --batch b --status pending", """GET /tasks/ {"batch":["b"],"status":["pending"],"limit":1000}""", $"[{Task5}]", "echo 'a b'" },
        { "task retry 5", """PUT /tasks/5 {"status":"pending"}""", Task5, "5 is pending" },
        { "task kill 5", """PUT /tasks/5 {"status":"failed","retry":0}""", Task5, "5 is killed" },
        { "worker list --region sub-2", """GET /workers/ {"region":["sub-2"]}""", $"[{Worker7}]", "123.0" },
        { "worker deploy 3 --region sub-2 --provider htcondor --flavor f", """PUT /workers/deploy {"number":3,"batch":"Default","concurrency":1,"flavor":"f","provider":"htcondor","region":"sub-2","prefetch":0}""", """{"result": "ok", "job_ids": [9]}""", "3 workers asked for; job 9" },
        { "worker pause 7", """PUT /workers/7 {"status":"paused"}""", Worker7, "7 paused" },
        { "worker pause 7 --resume", """PUT /workers/7 {"status":"running"}""", Worker7, "7 goes on" },
        { "worker destroy 7", "DELETE /workers/7 ", Worker7, "7 is given back" },
        { "batch list", "GET /batch/ ", """[{"batch": "demo", "pending": 3, "workers": ["w"]}]""", "demo" },
        { "batch stop b --signal 15", """PUT /batch/b/stop {"signal":15}""", Ok, "ok" },
        { "batch go b", "PUT /batch/b/go ", Ok, "ok" },
        { "batch delete b", "DELETE /batch/b ", Ok, "ok" },
        { "recruiter list --batch b", """GET /recruiter/ {"batch":"b"}""", $"[{Recruiter}]", "only recycles" },
        { "recruiter set b 1 --tasks-per-worker 10 --maximum-workers 4", """POST /recruiter/ {"batch":"b","rank":1,"tasks_per_worker":10,"worker_flavor":"auto","worker_concurrency":1,"worker_prefetch":0,"minimum_tasks":0,"maximum_workers":4,"scope":"batch","partial_recycling":true}""", Recruiter, "b 1 set" },
        { "recruiter delete b 1", "DELETE /recruiter/b/1 ", Recruiter, "b 1 removed" },
    };

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Command_Good_AsksTheServiceAndPrints(string line, string asked, string answer, string printed)
    {
        string[] parts = asked.Split(' ', 3);
        Service.On(parts[0], parts[1], Json(answer));
        (int exitCode, string output, string errors) = await RunAsync([.. line.Split(' ').Select(word => word.Replace('~', ' '))]);
        Assert.True(exitCode == 0, errors);
        Assert.Equal(asked, string.Join('\n', Service.Asked.Select(a => $"{a.Line} {a.Body}")));
        Assert.Contains(printed, output);
    }

    [Fact]
    public async Task TaskOutput_SeveralPieces_ArePrintedInOrderToBothStreams()
    {
        Service.On("GET", "/executions/", Json("""[{"execution_id": 9, "task_id": 5, "status": "running"}]"""))
            .On("GET", "/executions/9/output", Json("""{"output": "one\n", "error": "bad\n", "output_next": 5, "error_next": 5}"""), Json("""{"output": "two\n", "error": "", "output_next": 9, "error_next": 5}"""), Json("""{"output": "", "error": "", "output_next": 9, "error_next": 5}"""));
        (int exitCode, string output, string errors) = await RunAsync("task", "output", "5");
        Assert.Equal((0, "one\ntwo\n", "bad\n"), (exitCode, output, errors));
    }

    [Fact]
    public async Task WorkerDestroy_OneIsUnknown_TheOthersAreGivenBackAndItIsSaid()
    {
        Service.On("DELETE", "/workers/7", Json(Worker7)).On("DELETE", "/workers/8", Error(404, "there is no such worker"));
        (int exitCode, string output, string errors) = await RunAsync("worker", "destroy", "8", "7");
        Assert.Equal(4, exitCode);
        Assert.Contains("7 is given back", output);
        Assert.Contains("8: there is no such worker", errors);
    }

    [Fact]
    public async Task List_AsJson_IsTheRecords()
    {
        Service.On("GET", "/workers/", Json($"[{Worker7}]"));
        (int exitCode, string output, _) = await RunAsync("worker", "list", "--json");
        Assert.Equal((0, "123.0"), (exitCode, JsonSerializer.Deserialize<JsonElement>(output)[0].GetProperty("launcher_id").GetString()));
    }
}
