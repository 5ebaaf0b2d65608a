using System.Text.Json;
using Dapr.Workflow;
using Microsoft.Extensions.Logging;
using SkyDriver.Contracts;
using SkyDriver.Contracts.Fleet;
using SkyDriver.Fleet;
using SkyDriver.Orchestrator;
using SkyDriver.Orchestrator.Fleet;
using SkyDriver.Workflows.Fleet;

namespace SkyDriver.Apps.Tests.Fleet;

/// <summary>Runs the jobs' workflows by replay: each pump runs their code from its start over what is in the history.</summary>
internal sealed class FakeJobRunner(FleetWorld world) : IJobRunner
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public Dictionary<string, Instance> Instances { get; } = [];

    public Task StartAsync(JobRow job)
    {
        string id = WorkflowNames.FleetJob(job.Job.JobId, job.Attempt);
        if (Instances.ContainsKey(id)) return Task.CompletedTask;
        Instances[id] = new(job.IsDeployment, RoundTrip(new FleetJobV1(job.Job.JobId, job.Generation, job.Attempt, job.Job.Args)), world.Now.UtcDateTime);
        world.Step();
        return Task.CompletedTask;
    }

    public Task<bool> ExistsAsync(JobRow job) => Task.FromResult(Instances.ContainsKey(WorkflowNames.FleetJob(job.Job.JobId, job.Attempt)));

    public Task EndAsync(JobRow job)
    {
        if (Instances.TryGetValue(WorkflowNames.FleetJob(job.Job.JobId, job.Attempt), out Instance? instance)) instance.IsOver = true;
        return Task.CompletedTask;
    }

    /// <summary>Every workflow goes as far as it can now.</summary>
    public async Task PumpAsync()
    {
        while (Instances.Values.FirstOrDefault(i => !i.IsOver && i.CanRun(world.Now.UtcDateTime)) is { } next)
        {
            Context context = new(this, next);
            Task<string> run = next.IsDeployment ? new FleetDeployment().RunAsync(context, next.Input) : new FleetRemoval().RunAsync(context, next.Input);
            if (run.IsFaulted) await run;
            if (run.IsCompleted) next.IsOver = true;
        }
    }

    private async Task<object?> ActivityAsync(string name, object? input)
    {
        WorkerLaunchers launchers = new(world.Dapr);
        LifecycleTermsV1 terms = new(ScanEngine.Native, 1, 1, 1, 1, 1, 1);
        return name switch
        {
            ActivityNames.LaunchFleetWorkers => await new LaunchFleetWorkers(launchers, world.Scans, new(new("http://api"), terms, false), world.Options).RunAsync(null!, (LaunchFleetWorkersV1)input!),
            ActivityNames.RemoveFleetWorkers => await new RemoveFleetWorkers(launchers).RunAsync(null!, (FleetJobV1)input!),
            ActivityNames.ReportFleetJob => await new ReportFleetJob(world).RunAsync(null!, (JobReportV1)input!),
            _ => throw new ArgumentException(name),
        };
    }

    private static T RoundTrip<T>(T value) => JsonSerializer.Deserialize<T>(JsonSerializer.Serialize(value, Json), Json)!;

    internal sealed class Instance(bool isDeployment, FleetJobV1 input, DateTime started)
    {
        public bool IsDeployment => isDeployment;

        public FleetJobV1 Input => input;

        public DateTime Started => started;

        public bool IsOver { get; set; }

        public List<Event> History { get; } = [];

        /// <summary>Of the timer that it waits for.</summary>
        public DateTime? Due { get; set; }

        public bool CanRun(DateTime now) => Due is not { } due || due <= now;
    }

    internal sealed record Event(string Name, string Input, string? Result, string? Fault, DateTime At);

    private sealed class Context(FakeJobRunner runner, Instance instance) : WorkflowContext
    {
        private int at;
        private DateTime now = instance.Started;

        public override string Name => "";

        public override string InstanceId => "";

        public override DateTime CurrentUtcDateTime => now;

        public override bool IsReplaying => at < instance.History.Count;

        public override bool IsPatched(string patchName) => true;

        public override async Task<T> CallActivityAsync<T>(string name, object? input = null, WorkflowTaskOptions? options = null)
        {
            string json = JsonSerializer.Serialize(input, Json);
            if (at == instance.History.Count)
            {
                (string? result, string? fault) = await TryAsync(name, input, options?.RetryPolicy?.MaxNumberOfAttempts ?? 1);
                instance.History.Add(new(name, json, result, fault, runner.Now));
            }

            Event happened = instance.History[at++];
            // Else the code did not take the same way as before.
            Assert.Equal((name, json), (happened.Name, happened.Input));
            now = happened.At;
            if (happened.Fault is { } message) throw new WorkflowTaskFailedException("The task failed.", new WorkflowTaskFailureDetails("Test", message));
            return JsonSerializer.Deserialize<T>(happened.Result!, Json)!;
        }

        public override async Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken)
        {
            if (at == instance.History.Count)
            {
                if (runner.Now < fireAt)
                {
                    instance.Due = fireAt;
                    await new TaskCompletionSource().Task;
                }

                instance.Due = null;
                instance.History.Add(new("timer", "", "null", null, fireAt));
            }

            now = instance.History[at++].At;
        }

        public override Task<T> WaitForExternalEventAsync<T>(string eventName, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public override void SendEvent(string instanceId, string eventName, object payload) => throw new NotSupportedException();

        public override void SetCustomStatus(object? customStatus) => throw new NotSupportedException();

        public override Task<TResult> CallChildWorkflowAsync<TResult>(string workflowName, object? input = null, ChildWorkflowTaskOptions? options = null) => throw new NotSupportedException();

        public override ILogger CreateReplaySafeLogger(string categoryName) => throw new NotSupportedException();

        public override ILogger CreateReplaySafeLogger(Type type) => throw new NotSupportedException();

        public override ILogger CreateReplaySafeLogger<T>() => throw new NotSupportedException();

        public override void ContinueAsNew(object? newInput = null, bool preserveUnprocessedEvents = true) => throw new NotSupportedException();

        public override Guid NewGuid() => throw new NotSupportedException();

        public override PropagatedHistory? GetPropagatedHistory() => null;

        private async Task<(string? Result, string? Fault)> TryAsync(string name, object? input, int attempts)
        {
            for (int attempt = 1; ; attempt++)
            {
                try
                {
                    return (JsonSerializer.Serialize(await runner.ActivityAsync(name, input), Json), null);
                }
                catch (Exception fault) when (fault is not ProcessDied)
                {
                    if (attempt == attempts) return (null, fault.Message);
                }
            }
        }
    }

    private DateTime Now => world.Now.UtcDateTime;
}
