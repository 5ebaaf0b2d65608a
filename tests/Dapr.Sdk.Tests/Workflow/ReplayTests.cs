using System.Collections.Concurrent;
using Dapr.Workflow;
using Microsoft.Extensions.Logging;
using SkyDriver.Grpc.Protos.TaskHub;
using static Dapr.Sdk.Tests.Workflow.HandEngine;

namespace Dapr.Sdk.Tests.Workflow;

/// <summary>The replay engine, turn by turn, on histories made by hand.</summary>
public sealed class ReplayTests
{
    [Fact]
    public void Activities_InSequence_ResultFlowsThrough()
    {
        var engine = For<int, string>(async (context, input) =>
        {
            int doubled = await context.CallActivityAsync<int>("Double", input);
            return await context.CallActivityAsync<string>("Print", doubled);
        });
        var first = Assert.Single(engine.Begin(21).Actions);
        Assert.Equal((0, "Double", "21"), (first.Id, first.ScheduleTask.Name, first.ScheduleTask.Input));
        var second = Assert.Single(engine.Turn(Done(0, 42)).Actions);
        Assert.Equal((1, "Print", "42"), (second.Id, second.ScheduleTask.Name, second.ScheduleTask.Input));
        AssertCompleted("\"42!\"", engine.Turn(Done(1, "42!")));
    }

    [Fact]
    public void Activities_FanOut_AnyOrderOfCompletionsAndDuplicatesWork()
    {
        var engine = For<int, int[]>((context, n) => Task.WhenAll(Enumerable.Range(0, n).Select(i => context.CallActivityAsync<int>("A", i))));
        Assert.Equal([0, 1, 2], engine.Begin(3).Actions.Select(a => a.Id));
        Assert.Empty(engine.Turn(Done(2, 12), Done(2, 99)).Actions);
        Assert.Empty(engine.Turn(Done(0, 10)).Actions);
        AssertCompleted("[10,11,12]", engine.Turn(Done(1, 11)));
    }

    [Fact]
    public void ProcessInParallel_Limit_IsKeptAndOrderToo()
    {
        var engine = For<int, int[]>((context, n) =>
            context.ProcessInParallelAsync(Enumerable.Range(0, n), i => context.CallActivityAsync<int>("A", i), maxConcurrency: 2));
        Assert.Equal([0, 1], engine.Begin(4).Actions.Select(a => a.Id));
        Assert.Equal([2], engine.Turn(Done(1, 101)).Actions.Select(a => a.Id));
        Assert.Equal([3], engine.Turn(Done(2, 102)).Actions.Select(a => a.Id));
        AssertCompleted("[100,101,102,103]", engine.Turn(Done(3, 103), Done(0, 100)));
    }

    [Fact]
    public void IsReplaying_PastAndNewEvents_AreToldApart()
    {
        var seen = new List<string>();
        var engine = For<object, int>(async (context, _) =>
        {
            seen.Add($"a{context.IsReplaying}");
            await context.CallActivityAsync("A");
            seen.Add($"b{context.IsReplaying}");
            return 0;
        });
        engine.Begin();
        engine.Turn(Done(0));
        Assert.Equal(["aFalse", "aTrue", "bFalse"], seen);
    }

    [Fact]
    public void Time_OfATurn_IsThatOfItsStartInEveryReplay()
    {
        var engine = For<object, DateTime[]>(async (context, _) =>
        {
            var first = context.CurrentUtcDateTime;
            await context.CallActivityAsync("A");
            return [first, context.CurrentUtcDateTime];
        });
        engine.Begin();
        engine.Now = Start.AddMinutes(5);
        AssertCompleted("[\"2026-01-02T03:04:05Z\",\"2026-01-02T03:09:05Z\"]", engine.Turn(Done(0)));
    }

    [Fact]
    public void Timer_Delay_FiresAtTheTimeOfTheTurnPlusDelay()
    {
        var engine = For<object, string>(async (context, _) =>
        {
            await context.CreateTimer(TimeSpan.FromMinutes(3));
            return "late";
        });
        var timer = Assert.Single(engine.Begin().Actions).CreateTimer;
        Assert.Equal(Start.AddMinutes(3), timer.FireAt.ToDateTime());
        Assert.NotNull(timer.CreateTimer);
        AssertCompleted("\"late\"", engine.Turn(Fired(0)));
    }

    [Fact]
    public void Timer_CancelledWait_LateFiringIsIgnored()
    {
        var engine = For<object, string>(async (context, _) =>
        {
            using var stop = new CancellationTokenSource();
            var timer = context.CreateTimer(TimeSpan.FromMinutes(3), stop.Token);
            await context.CallActivityAsync("A");
            stop.Cancel();
            await Assert.ThrowsAsync<TaskCanceledException>(() => timer);
            await context.CallActivityAsync("B");
            return "ok";
        });
        engine.Begin();
        engine.Turn(Done(1));
        Assert.Empty(engine.Turn(Fired(0)).Actions);
        AssertCompleted("\"ok\"", engine.Turn(Done(2)));
    }

    [Fact]
    public void Activity_Fails_ExceptionCarriesTheDetails()
    {
        var engine = For<object, string>(async (context, _) =>
        {
            var fault = await Assert.ThrowsAsync<WorkflowTaskFailedException>(() => context.CallActivityAsync("A"));
            return $"{fault.FailureDetails.ErrorMessage} {fault.FailureDetails.IsCausedBy<IOException>()} {fault.FailureDetails.IsCausedBy<ArgumentException>()}";
        });
        engine.Begin();
        AssertCompleted("\"disk True False\"", engine.Turn(Failed(0, "disk")));
    }

    [Fact]
    public void Workflow_Throws_InstanceFailsWithTypeAndCause()
    {
        var engine = For<object, int>(async (context, _) =>
        {
            await context.CallActivityAsync("A");
            return 0;
        });
        engine.Begin();
        var failure = Assert.Single(engine.Turn(Failed(0, "disk")).Actions).CompleteWorkflow.FailureDetails;
        Assert.Equal(typeof(WorkflowTaskFailedException).FullName, failure.ErrorType);
        Assert.Contains("disk", failure.ErrorMessage);
        Assert.Equal("System.IO.IOException", failure.InnerFailure.ErrorType);
    }

    [Fact]
    public void Retry_Backoff_WaitsInDurableTimersThenGivesUp()
    {
        var policy = new WorkflowRetryPolicy(3, TimeSpan.FromSeconds(10), 4, TimeSpan.FromSeconds(30));
        var engine = For<object, int>((context, _) => context.CallActivityAsync<int>("A", null, new WorkflowTaskOptions(policy)));
        string firstExecution = engine.Begin().Actions[0].ScheduleTask.TaskExecutionId;

        var wait = Assert.Single(engine.Turn(Failed(0)).Actions);
        Assert.Equal((1, Start.AddSeconds(10)), (wait.Id, wait.CreateTimer.FireAt.ToDateTime()));
        Assert.Equal(firstExecution, wait.CreateTimer.ActivityRetry.TaskExecutionId);
        engine.Now = Start.AddSeconds(10);
        var again = Assert.Single(engine.Turn(Fired(1)).Actions);
        Assert.Equal((2, "A"), (again.Id, again.ScheduleTask.Name));
        Assert.NotEqual(firstExecution, again.ScheduleTask.TaskExecutionId);

        var longer = Assert.Single(engine.Turn(Failed(2)).Actions);
        Assert.Equal(engine.Now.AddSeconds(30), longer.CreateTimer.FireAt.ToDateTime());     // 40 s, capped
        engine.Turn(Fired(3));
        Assert.Equal(WorkflowStatus.Failed, Assert.Single(engine.Turn(Failed(4)).Actions).CompleteWorkflow.WorkflowStatus);
    }

    [Fact]
    public void Retry_SecondAttemptWorks_ResultIsReturned()
    {
        var policy = new WorkflowRetryPolicy(2, TimeSpan.FromSeconds(1));
        var engine = For<object, int>((context, _) => context.CallActivityAsync<int>("A", null, new WorkflowTaskOptions(policy)));
        engine.Begin();
        engine.Turn(Failed(0));
        engine.Turn(Fired(1));
        AssertCompleted("7", engine.Turn(Done(2, 7)));
    }

    [Fact]
    public void Retry_NonRetriableOrTimedOut_IsNotTriedAgain()
    {
        var policy = new WorkflowRetryPolicy(9, TimeSpan.FromSeconds(1), retryTimeout: TimeSpan.FromSeconds(5));
        var engine = For<object, int>((context, _) => context.CallActivityAsync<int>("A", null, new WorkflowTaskOptions(policy)));
        engine.Begin();
        Assert.NotNull(Assert.Single(engine.Turn(Failed(0, nonRetriable: true)).Actions).CompleteWorkflow);

        engine = For<object, int>((context, _) => context.CallActivityAsync<int>("A", null, new WorkflowTaskOptions(policy)));
        engine.Begin();
        engine.Now = Start.AddSeconds(6);
        Assert.NotNull(Assert.Single(engine.Turn(Failed(0)).Actions).CompleteWorkflow);
    }

    [Fact]
    public void Unknown_Workflow_FailsNonRetriable()
    {
        var failure = Assert.Single(For<int, int>((_, i) => Task.FromResult(i)).Begin(name: "Nobody").Actions).CompleteWorkflow.FailureDetails;
        Assert.Equal(("WorkflowNotFound", true), (failure.ErrorType, failure.IsNonRetriable));
    }

    [Fact]
    public void BadInput_FailsWithTheTypeItShouldBe()
    {
        var failure = Assert.Single(For<int, int>((_, i) => Task.FromResult(i)).Begin("no number").Actions).CompleteWorkflow.FailureDetails;
        Assert.Contains("cannot be read as Int32", failure.ErrorMessage);
    }

    [Fact]
    public void CustomStatus_EveryTurn_CarriesTheLastValue()
    {
        var engine = For<object, int>(async (context, _) =>
        {
            context.SetCustomStatus(new { Round = 1 });
            await context.CallActivityAsync("A");
            await context.CallActivityAsync("B");
            context.SetCustomStatus(null);
            return 0;
        });
        Assert.Equal("{\"round\":1}", engine.Begin().CustomStatus);
        Assert.Equal("{\"round\":1}", engine.Turn(Done(0)).CustomStatus);
        Assert.Null(engine.Turn(Done(1)).CustomStatus);
    }

    [Fact]
    public void Completion_FireAndForgetActions_AreStillSent()
    {
        var engine = For<object, int>((context, input) =>
        {
            _ = context.CallActivityAsync("Log");
            return Task.FromResult(1);
        });
        var actions = engine.Begin().Actions;
        Assert.Equal(("Log", WorkflowStatus.Completed), (actions[0].ScheduleTask.Name, actions[1].CompleteWorkflow.WorkflowStatus));
    }

    [Fact]
    public void IsPatched_OldInstanceStaysOld_NewOneIsPatched()
    {
        Func<WorkflowContext, object, Task<string>> patched = async (context, _) =>
        {
            await context.CallActivityAsync(context.IsPatched("p1") ? "New" : "Old");
            return context.IsPatched("p2") ? "late" : "early";
        };
        var old = For<object, string>(async (context, _) =>
        {
            await context.CallActivityAsync("Old");
            return "early";
        });
        old.Begin();
        old.Replace(patched);
        AssertCompleted("\"late\"", old.Turn(Done(0)));

        var fresh = For(patched);
        var response = fresh.Begin();
        Assert.Equal("New", Assert.Single(response.Actions).ScheduleTask.Name);
        Assert.Equal(["p1"], response.Version.Patches);
        AssertCompleted("\"late\"", fresh.Turn(Done(0)));
    }

    [Fact]
    public void ReplaySafeLogger_Replay_LogsEachLineOnce()
    {
        var sink = new ListLoggerProvider();
        var engine = For<object, int>(async (context, _) =>
        {
            var log = context.CreateReplaySafeLogger<ReplayTests>();
            log.LogInformation("one");
            await context.CallActivityAsync("A");
            log.LogInformation("two");
            return 0;
        });
        engine.Loggers = LoggerFactory.Create(b => b.AddProvider(sink));
        engine.Begin();
        engine.Turn(Done(0));
        Assert.Equal(["one", "two"], sink.Lines);
    }

    [Fact]
    public void LongHistory_ThousandsOfSteps_ReplaysWithoutDeepRecursion()
    {
        var engine = For<int, int>(async (context, n) =>
        {
            for (int i = 0; i < n; i++) await context.CallActivityAsync("A");
            return n;
        });
        var request = new WorkflowRequest { InstanceId = "x" };
        request.PastEvents.Add(new HistoryEvent { ExecutionStarted = new ExecutionStartedEvent { Name = "Flow", Input = "5000" } });
        for (int i = 0; i < 5000; i++)
        {
            request.PastEvents.Add(new HistoryEvent { EventId = i, TaskScheduled = new TaskScheduledEvent { Name = "A" } });
            request.PastEvents.Add(Done(i));
        }

        AssertCompleted("5000", engine.Run(request));
    }

    private sealed class ListLoggerProvider : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
