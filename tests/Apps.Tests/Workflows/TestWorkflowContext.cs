using System.Text.Json;
using Dapr.Workflow;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SkyDriver.Contracts;
using SkyDriver.Workflows;

namespace SkyDriver.Apps.Tests.Workflows;

/// <summary>A runtime for one workflow in one thread: activities answer at once, timers and events come when the test says so.</summary>
/// <remarks>It keeps a history as the real one does, so that the process may die at any point: <see cref="Restart"/>.</remarks>
internal sealed class TestWorkflowContext(DateTime? start = null) : WorkflowContext
{
    /// <summary>Answer of an activity that hangs.</summary>
    public static readonly object NoAnswer = "no answer";

    // What passes between a workflow and the world goes through JSON, as in the real runtime.
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);
    private readonly Dictionary<string, Func<object?, object?>> activities = [];
    private readonly Dictionary<string, Queue<TaskCompletionSource<object?>>> waiting = [];
    private readonly List<(string Name, object Payload)> kept = [];
    private readonly List<(string Input, string? Result, WorkflowTaskFailedException? Fault)> history = [];
    private readonly List<(int? During, string? Event, object? Payload)> stimuli = [];
    private (DateTime Due, TaskCompletionSource Fired)? timer;
    private ScanLifecycleInputV1? input;
    private readonly DateTime started = start ?? new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    private DateTime now = start ?? new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    private TestWorkflowContext? past;
    private int? answering;

    /// <summary>Activities called so far, with their inputs, in order.</summary>
    public List<(string Name, object? Input)> Calls { get; } = [];

    public IEnumerable<string> CallNames => Calls.Select(c => c.Name);

    /// <summary>Pauses of the timers made so far.</summary>
    public List<TimeSpan> Timers { get; } = [];

    /// <summary>Input of the next generation, once there is one.</summary>
    public ScanLifecycleInputV1? Continued { get; private set; }

    public override string Name => WorkflowNames.ScanLifecycle;

    public override string InstanceId => "scan1";

    public override DateTime CurrentUtcDateTime => now;

    public override bool IsReplaying => past is not null && Calls.Count < past.history.Count;

    /// <summary>The backlog is empty, so that a scan which enters it is let go at once.</summary>
    public bool IsPermittedAtOnce { get; init; } = true;

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
    public Task<ScanOutcomeV1> Start(ScanLifecycleInputV1 with)
    {
        input = with;
        return Inline(() => new ScanLifecycle().RunAsync(this, RoundTrip<ScanLifecycleInputV1>(with)));
    }

    public void Raise(string name, object payload) => Inline(() =>
    {
        stimuli.Add((answering, name, payload));
        if (waiting.TryGetValue(name, out var queue) && queue.TryDequeue(out TaskCompletionSource<object?>? waiter)) waiter.SetResult(payload);
        else kept.Add((name, payload));
        return true;
    });

    /// <summary>The timer made last is due.</summary>
    public void FireTimer() => Inline(() =>
    {
        var (due, fired) = timer ?? throw new InvalidOperationException("The workflow waits for no timer.");
        stimuli.Add((answering, null, null));
        (timer, now) = (null, due);
        fired.SetResult();
        return true;
    });

    /// <summary>The process died and another one takes the instance up: the code runs from its start over the same history, in which no activity is done again.</summary>
    public (TestWorkflowContext Context, Task<ScanOutcomeV1> Run) Restart()
    {
        TestWorkflowContext next = new(started) { past = this, IsPermittedAtOnce = IsPermittedAtOnce };
        foreach (var (name, answer) in activities) next.activities[name] = answer;
        Task<ScanOutcomeV1> run = next.Start(input!);
        foreach (var (during, name, payload) in stimuli.ToArray())
        {
            if (during is not null) continue;
            if (name is null) next.FireTimer();
            else next.Raise(name, payload!);
        }

        Assert.Equal(history.Count, next.Calls.Count);   // else it did not take the same way
        next.past = null;
        return (next, run);
    }

    public override bool IsPatched(string patchName) => true;

    public override async Task<T> CallActivityAsync<T>(string name, object? input = null, WorkflowTaskOptions? options = null)
    {
        Assert.NotNull(options?.RetryPolicy);   // every activity touches the world, so each has to be tried again
        int number = Calls.Count;
        Calls.Add((name, input));
        if (past is not null) Repeat(name, input, number);
        else Do(name, input, number);
        var (_, result, fault) = history[number];
        if (result == JsonSerializer.Serialize(NoAnswer, Json)) await new TaskCompletionSource().Task;
        return fault is null ? JsonSerializer.Deserialize<T>(result!, Json)! : throw fault;
    }

    private void Do(string name, object? argument, int number)
    {
        string json = JsonSerializer.Serialize(argument, Json);
        int? before = answering;
        answering = number;
        try
        {
            object? result = activities.TryGetValue(name, out Func<object?, object?>? answer) ? answer(argument) : null;
            history.Add((json, JsonSerializer.Serialize(result, Json), null));
            if (name == ActivityNames.EnterBacklog && IsPermittedAtOnce) Raise(WorkflowEvents.LaunchPermit, new LaunchPermitV1(InstanceId, 1));
        }
        catch (WorkflowTaskFailedException fault)
        {
            history.Add((json, null, fault));
        }
        finally
        {
            answering = before;
        }
    }

    private void Repeat(string name, object? argument, int number)
    {
        Assert.True(number < past!.history.Count, $"{name} was never called in the history");
        Assert.Equal(past.Calls[number].Name, name);
        Assert.Equal(past.history[number].Input, JsonSerializer.Serialize(argument, Json));
        history.Add(past.history[number]);
        int? before = answering;
        answering = number;
        foreach (var (during, raised, payload) in past.stimuli.Where(s => s.During == number)) Raise(raised!, payload!);
        answering = before;
    }

    public override Task<TResult> CallChildWorkflowAsync<TResult>(string workflowName, object? input = null, ChildWorkflowTaskOptions? options = null) => throw new NotSupportedException();

    public override Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken)
    {
        Timers.Add(fireAt - CurrentUtcDateTime);
        timer = (fireAt, new());
        return timer.Value.Fired.Task;
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
