using System.Collections.Concurrent;
using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dapr.Actors;
using Microsoft.Extensions.DependencyInjection;
using SkyDriver.Apps.Tests.Api;
using SkyDriver.Contracts;
using SkyDriver.Contracts.Fleet;
using SkyDriver.Hosting.Actors;
using SkyDriver.Hosting.State;

namespace SkyDriver.Apps.Tests.FleetApi;

/// <summary>The REST service on a socket, with actors that take notes. Batch <c>b1</c> has the ids from 1000 on, batch <c>b2</c> those from 2000 on; worker 7 serves <c>b1</c>.</summary>
public sealed class FleetService : ApiHarness
{
    public const string Remote = "s3://bucket/base";

    public FleetService()
        : base($"SKYDRIVER_FLEET_REMOTE={Remote}")
    {
        Actors.ByType[ActorTypes.Fleet] = NotedActor.Of<IFleetActor>("fleet", Notes, Answers);
        Actors.ById[ActorTypes.Batch] = id => NotedActor.Of<IBatchActor>(id, Notes, Answers);
    }

    /// <summary>What actors were asked, as <c>ACTOR.Method {argument}</c> with members that are null left out.</summary>
    internal ConcurrentQueue<string> Notes { get; } = [];

    /// <summary>Answers by <c>ACTOR.Method</c>, instead of the good ones.</summary>
    internal ConcurrentDictionary<string, Func<object?, object>> Answers { get; } = [];

    public new HttpClient Http => base.Http;

    /// <summary>Another service with the same actors, not yet started.</summary>
    internal Microsoft.AspNetCore.Builder.WebApplication Guarded(params string[] settings) => BuildApp(settings);

    internal IReadOnlyList<Microsoft.AspNetCore.Routing.RouteEndpoint> Endpoints =>
        [.. Services.GetServices<Microsoft.AspNetCore.Routing.EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<Microsoft.AspNetCore.Routing.RouteEndpoint>()];

    internal async Task ResetAsync()
    {
        Notes.Clear();
        Answers.Clear();
        FleetDirectory directory = Services.GetRequiredService<FleetDirectory>();
        if ((await directory.ListBatchesAsync()).Count > 0) return;
        foreach (string batch in new[] { "b1", "b2" })
        {
            await directory.TakeBlockAsync(batch);
            await directory.AddBatchAsync(batch);
        }
    }

    internal async Task<(HttpResponseMessage Response, JsonElement Body)> CallAsync(string method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        using HttpRequestMessage request = new(new(method), path);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        HttpResponseMessage response = await Http.SendAsync(request);
        string text = await response.Content.ReadAsStringAsync();
        return (response, response.Content.Headers.ContentType?.MediaType?.EndsWith("json", StringComparison.Ordinal) is true ? JsonSerializer.Deserialize<JsonElement>(text) : JsonSerializer.SerializeToElement(text));
    }
}

/// <summary>An actor that notes what it is asked and answers with samples.</summary>
public class NotedActor : DispatchProxy
{
    private string name = "";
    private ConcurrentQueue<string> notes = [];
    private ConcurrentDictionary<string, Func<object?, object>> answers = [];

    public static T Of<T>(string name, ConcurrentQueue<string> notes, ConcurrentDictionary<string, Func<object?, object>> answers)
        where T : class, IActor
    {
        T actor = Create<T, NotedActor>();
        NotedActor noted = (NotedActor)(object)actor;
        (noted.name, noted.notes, noted.answers) = (name, notes, answers);
        return actor;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        object? argument = args is [{ } first] ? first : null;
        string call = $"{name}.{targetMethod!.Name}";
        notes.Enqueue($"{call} {(argument is null ? "" : Lean(JsonSerializer.SerializeToNode(argument, ContractJson.Options))!.ToJsonString())}".Trim());
        Type type = targetMethod.ReturnType.GenericTypeArguments[0];
        object value = answers.TryGetValue(call, out Func<object?, object>? answer) ? answer(argument) : Samples.Of(type);
        return typeof(Task).GetMethod(nameof(Task.FromResult))!.MakeGenericMethod(type).Invoke(null, [value]);
    }

    /// <summary>Without what is not set.</summary>
    private static JsonNode? Lean(JsonNode? node)
    {
        if (node is JsonArray list) return new JsonArray([.. list.Select(Lean)]);
        if (node is not JsonObject members) return node?.DeepClone();
        return new JsonObject(members.Where(m => m.Value is not null).Select(m => KeyValuePair.Create(m.Key, Lean(m.Value))));
    }
}

/// <summary>A good answer of each kind.</summary>
internal static class Samples
{
    private static readonly DateTimeOffset Date = new(2026, 11, 21, 13, 0, 0, TimeSpan.Zero);

    public static FleetTaskV1 Task(long id, string batch = "b1") => new() { TaskId = id, Command = "echo", Status = FleetTaskStatus.Pending, Batch = batch, CreationDate = Date, ModificationDate = Date, StatusDate = Date };

    public static ExecutionV1 Execution(long id, long task = 1001) => new() { ExecutionId = id, TaskId = task, WorkerId = 7, Status = ExecutionStatus.Running };

    public static WorkerV1 Worker(long id = 7, string batch = "b1") => new() { WorkerId = id, Name = "w", Status = FleetWorkerStatus.Running, Batch = batch };

    private static readonly RecruiterV1 Recruiter = new() { Batch = "b1", Rank = 1, TasksPerWorker = 10, WorkerFlavor = "f", WorkerConcurrency = 2, Environment = new Dictionary<string, string> { ["TOKEN"] = "hunter2" } };

    private static readonly JobV1 Job = new()
    {
        JobId = 5,
        Target = "w",
        Action = JobAction.Deploy,
        Status = JobStatus.Failed,
        Args = new("b1", "p", "r", "f", 3, Environment: new Dictionary<string, string> { ["TOKEN"] = "hunter2" }),
    };

    private static readonly Dictionary<Type, object> All = new()
    {
        [typeof(IReadOnlyList<FleetTaskV1>)] = new[] { Task(1001) },
        [typeof(FleetTaskV1)] = Task(1001),
        [typeof(TaskPageV1)] = new TaskPageV1([Task(1001)], null),
        [typeof(TaskStatusesV1)] = new TaskStatusesV1([2], [false]),
        [typeof(RequirementV1)] = new RequirementV1(1900, 1002, 1001),
        [typeof(RequirementPageV1)] = new RequirementPageV1([new(1900, 1002, 1001)], null),
        [typeof(ExecutionV1)] = Execution(1500),
        [typeof(ExecutionPageV1)] = new ExecutionPageV1([Execution(1500)], null),
        [typeof(LogLengthV1)] = new LogLengthV1(12, false),
        [typeof(LogsV1)] = new LogsV1("out", "err", 4, 4),
        [typeof(IReadOnlyList<AssignmentV1>)] = new[] { new AssignmentV1(1500, ExecutionStatus.Running, "b1", FleetTaskStatus.Running, Task(1001)) },
        [typeof(IReadOnlyList<WorkerTasksV1>)] = new[] { new WorkerTasksV1(7, ExecutionStatus.Running, 2) },
        [typeof(SignalV1)] = new SignalV1(1800, 1500, 7, 9),
        [typeof(IReadOnlyList<SignalV1>)] = new[] { new SignalV1(1800, 1500, 7, 9) },
        [typeof(FleetResultV1)] = FleetResultV1.Ok,
        [typeof(BatchStatsV1)] = new BatchStatsV1("b1", new Dictionary<string, DurationStatsV1> { ["succeeded"] = new(1, 1, 1, 1) }, new Dictionary<string, DurationStatsV1>()),
        [typeof(IReadOnlyList<BatchV1>)] = new[] { new BatchV1("b1", new Dictionary<string, int> { ["pending"] = 3 }, ["w"], 4) },
        [typeof(RecruiterV1)] = Recruiter,
        [typeof(IReadOnlyList<RecruiterV1>)] = new[] { Recruiter },
        [typeof(WorkerV1)] = Worker(),
        [typeof(IReadOnlyList<WorkerV1>)] = new[] { Worker() },
        [typeof(WorkerPageV1)] = new WorkerPageV1([Worker()], null),
        [typeof(WorkerPlaceV1)] = new WorkerPlaceV1(7, "b1"),
        [typeof(JobsOrderedV1)] = new JobsOrderedV1("ok", [5]),
        [typeof(JobV1)] = Job,
        [typeof(JobPageV1)] = new JobPageV1([Job], null),
        [typeof(IReadOnlyList<FlavorV1>)] = new[] { new FlavorV1 { Name = "f", Provider = "p", Region = "r" } },
    };

    public static HeartbeatReplyV1 Reply(long worker, string batch = "b1") => new(Worker(worker, batch), [], [new(1800, 1500, worker, 9)], [], [], 5);

    public static object Of(Type type)
    {
        if (type == typeof(HeartbeatAnswersV1)) return new HeartbeatAnswersV1([FleetAnswer.Ok(Reply(7))]);
        if (All.TryGetValue(type, out object? plain)) return plain;
        return Activator.CreateInstance(type, 200, All[type.GenericTypeArguments[0]], null)!;
    }
}
