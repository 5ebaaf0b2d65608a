using System.Text.Json;
using Dapr.Workflow;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SkyDriver.Contracts;
using SkyDriver.Workflows;

namespace SkyDriver.Apps.Tests.Workflows;

/// <summary>A runtime for one workflow in one thread: activities answer at once, timers and events come when the test says so.</summary>
internal sealed class TestWorkflowContext : WorkflowContext
{
    // What passes between a workflow and the world goes through JSON, as in the real runtime.
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);
    private readonly Dictionary<string, Func<object?, object?>> activities = [];
    private readonly Dictionary<string, Queue<TaskCompletionSource<object?>>> waiting = [];
    private readonly List<(string Name, object Payload)> kept = [];
    private TaskCompletionSource? timer;

    /// <summary>Activities called so far, with their inputs, in order.</summary>
    public List<(string Name, object? Input)> Calls { get; } = [];

    public IEnumerable<string> CallNames => Calls.Select(c => c.Name);

    /// <summary>Pauses of the timers made so far.</summary>
    public List<TimeSpan> Timers { get; } = [];

    /// <summary>Input of the next generation, once there is one.</summary>
    public ScanLifecycleInputV1? Continued { get; private set; }

    public override string Name => WorkflowNames.ScanLifecycle;

    public override string InstanceId => "scan1";

    public override DateTime CurrentUtcDateTime => new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    public override bool IsReplaying => false;

    public IEnumerable<T> Inputs<T>(string activity) => Calls.Where(c => c.Name == activity).Select(c => (T)c.Input!);

    public TestWorkflowContext Answer<TInput>(string activity, Func<TInput, object?> answer)
    {
        activities[activity] = input => answer((TInput)input!);
        return this;
    }

    /// <summary>The activity fails for good, after whatever its retry policy allowed.</summary>
    public TestWorkflowContext Fail(string activity, string message) => Answer<object>(activity, _ => throw Failure(message));

    public static WorkflowTaskFailedException Failure(string message) => new("The task failed.", new WorkflowTaskFailureDetails("Test", message));

    /// <summary>Runs the workflow until it ends or waits.</summary>
    public Task<ScanOutcomeV1> Start(ScanLifecycleInputV1 input) => Inline(() => new ScanLifecycle().RunAsync(this, RoundTrip<ScanLifecycleInputV1>(input)));

    public void Raise(string name, object payload) => Inline(() =>
    {
        if (waiting.TryGetValue(name, out var queue) && queue.TryDequeue(out TaskCompletionSource<object?>? waiter)) waiter.SetResult(payload);
        else kept.Add((name, payload));
        return true;
    });

    public void FireTimer() => Inline(() =>
    {
        TaskCompletionSource fired = timer ?? throw new InvalidOperationException("The workflow waits for no timer.");
        timer = null;
        fired.SetResult();
        return true;
    });

    public override bool IsPatched(string patchName) => true;

    public override async Task<T> CallActivityAsync<T>(string name, object? input = null, WorkflowTaskOptions? options = null)
    {
        Assert.NotNull(options?.RetryPolicy);   // every activity touches the world, so each has to be tried again
        Calls.Add((name, input));
        return RoundTrip<T>(activities.TryGetValue(name, out Func<object?, object?>? answer) ? answer(input) : null);
    }

    public override async Task<TResult> CallChildWorkflowAsync<TResult>(string workflowName, object? input = null, ChildWorkflowTaskOptions? options = null) => workflowName switch
    {
        WorkflowNames.WorkerDeployment => RoundTrip<TResult>(await new WorkerDeployment().RunAsync(this, RoundTrip<WorkerDeploymentV1>(input))),
        WorkflowNames.WorkerRemoval => RoundTrip<TResult>(await new WorkerRemoval().RunAsync(this, RoundTrip<WorkerRemovalV1>(input))),
        _ => throw new ArgumentException(workflowName),
    };

    public override Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken)
    {
        Timers.Add(fireAt - CurrentUtcDateTime);
        timer = new();
        return timer.Task;
    }

    public override async Task<T> WaitForExternalEventAsync<T>(string eventName, CancellationToken cancellationToken = default)
    {
        int index = kept.FindIndex(e => e.Name == eventName);
        if (index >= 0)
        {
            object payload = kept[index].Payload;
            kept.RemoveAt(index);
            return RoundTrip<T>(payload);
        }

        TaskCompletionSource<object?> waiter = new();
        if (!waiting.TryGetValue(eventName, out var queue)) waiting[eventName] = queue = [];
        queue.Enqueue(waiter);
        return RoundTrip<T>(await waiter.Task);
    }

    public override void ContinueAsNew(object? newInput = null, bool preserveUnprocessedEvents = true)
    {
        Assert.True(preserveUnprocessedEvents);
        Continued = RoundTrip<ScanLifecycleInputV1>(newInput);
    }

    public override ILogger CreateReplaySafeLogger(string categoryName) => NullLogger.Instance;

    public override ILogger CreateReplaySafeLogger(Type type) => NullLogger.Instance;

    public override ILogger CreateReplaySafeLogger<T>() => NullLogger.Instance;

    public override void SendEvent(string instanceId, string eventName, object payload) => throw new NotSupportedException();

    public override void SetCustomStatus(object? customStatus) => throw new NotSupportedException();

    public override PropagatedHistory? GetPropagatedHistory() => null;

    public override Guid NewGuid() => throw new NotSupportedException();

    private static T RoundTrip<T>(object? value) => JsonSerializer.Deserialize<T>(JsonSerializer.Serialize(value, Json), Json)!;

    // Continuations run in the caller's stack, so that after each step the workflow has come as far as it can.
    private static T Inline<T>(Func<T> step)
    {
        SynchronizationContext? before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            return step();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }
}
