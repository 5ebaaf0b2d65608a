using System.Collections.Concurrent;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SkyDriver.Grpc.Protos.TaskHub;

namespace Dapr.Workflow.Worker;

/// <summary>
/// Takes work items from the sidecar and answers them, for as long as the host runs; a lost stream is opened again.
/// Items of a lost stream are handed out anew by the sidecar, so nothing is kept here.
/// </summary>
internal sealed class WorkflowWorker(
    TaskHubClient hub,
    WorkflowRuntimeOptions options,
    IServiceProvider services,
    ILoggerFactory loggers,
    TimeProvider clock) : BackgroundService
{
    private const int MaxWorkflows = 100;
    private const int MaxActivities = 100;
    private static readonly TimeSpan FirstReconnect = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestReconnect = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan HelloInterval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(5);

    private readonly ILogger _logger = loggers.CreateLogger("Dapr.Workflow.Worker");
    private readonly SemaphoreSlim _workflows = new(MaxWorkflows);
    private readonly SemaphoreSlim _activities = new(MaxActivities);
    private readonly ConcurrentDictionary<Task, bool> _running = new();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var pause = FirstReconnect;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await foreach (var item in OpenAsync(stoppingToken))
                {
                    pause = FirstReconnect;
                    Begin(item);
                }

                _logger.LogInformation("The sidecar at {Address} ended the stream of work items; opening a new one.", hub.Address);
            }
            catch (RpcException e)
            {
                _logger.LogWarning("No work items from {Address} ({Code}: {Detail}); trying again.", hub.Address, e.StatusCode, e.Status.Detail);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e)
            {
                // Nothing here may end the host: the sidecar keeps what was not answered.
                _logger.LogError(e, "Reading work items from {Address} failed; trying again.", hub.Address);
            }

            await Task.Delay(pause, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 < LongestReconnect ? pause * 2 : LongestReconnect;
        }

        await Task.WhenAny(Task.WhenAll(_running.Keys), Task.Delay(StopLimit, clock, CancellationToken.None));
    }

    /// <summary>The stream, with a call now and then so that proxies in between see a living connection.</summary>
    private async IAsyncEnumerable<WorkItem> OpenAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        await using var hello = clock.CreateTimer(_ => Track(HelloAsync(ct)), null, HelloInterval, HelloInterval);
        await foreach (var item in hub.GetWorkItemsAsync(ct)) yield return item;
    }

    private async Task HelloAsync(CancellationToken ct)
    {
        try
        {
            await hub.HelloAsync(ct);
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException)
        {
            _logger.LogDebug(e, "The sidecar did not answer a hello.");
        }
    }

    private void Begin(WorkItem item)
    {
        // A thread of the pool has no synchronization context, which replay depends on.
        if (item.WorkflowRequest is { } workflow) Track(Task.Run(() => RunWorkflowAsync(workflow, item.CompletionToken)));
        else if (item.ActivityRequest is { } activity) Track(Task.Run(() => RunActivityAsync(activity, item.CompletionToken)));
    }

    private void Track(Task task)
    {
        _running.TryAdd(task, true);
        task.ContinueWith(t => _running.TryRemove(t, out _), TaskContinuationOptions.ExecuteSynchronously);
    }

    private async Task RunWorkflowAsync(WorkflowRequest request, string token)
    {
        await _workflows.WaitAsync();
        try
        {
            if (request.RequiresHistoryStreaming)
            {
                var history = await hub.HistoryAsync(request.InstanceId, CancellationToken.None);
                request.PastEvents.Clear();
                request.PastEvents.Add(history.Events);
            }

            await using var scope = services.CreateAsyncScope();
            var response = WorkflowTurn.Run(request, name => options.CreateWorkflow(name, scope.ServiceProvider), loggers);
            response.CompletionToken = token;
            await CompleteAsync(response);
        }
        catch (Exception e)
        {
            // Not answered: the sidecar hands the item out again.
            _logger.LogError(e, "A turn of workflow instance {InstanceId} was not completed.", request.InstanceId);
        }
        finally
        {
            _workflows.Release();
        }
    }

    private async Task CompleteAsync(WorkflowResponse response)
    {
        try
        {
            await hub.CompleteWorkflowAsync(response, CancellationToken.None);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.ResourceExhausted)
        {
            _logger.LogError("A turn of workflow instance {InstanceId} asks for more than one message holds.", response.InstanceId);
            var failed = new CompleteWorkflowAction
            {
                WorkflowStatus = WorkflowStatus.Failed,
                FailureDetails = Failures.Create("PayloadTooLarge", $"{e.Status.Detail} Pass references to data, not the data.", nonRetriable: true),
            };
            response.Actions.Clear();
            response.Actions.Add(new WorkflowAction { CompleteWorkflow = failed });
            response.CustomStatus = null;
            await hub.CompleteWorkflowAsync(response, CancellationToken.None);
        }
    }

    private async Task RunActivityAsync(ActivityRequest request, string token)
    {
        await _activities.WaitAsync();
        try
        {
            var response = await ActivityRun.RunAsync(request, options, services, _logger);
            response.CompletionToken = token;
            await CompleteAsync(response);
        }
        catch (Exception e)
        {
            _logger.LogError(
                e, "The result of activity {Name} of instance {InstanceId} was not taken.", request.Name, request.WorkflowInstance?.InstanceId);
        }
        finally
        {
            _activities.Release();
        }
    }

    private async Task CompleteAsync(ActivityResponse response)
    {
        try
        {
            await hub.CompleteActivityAsync(response, CancellationToken.None);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.ResourceExhausted)
        {
            response.Result = null;
            response.FailureDetails = Failures.Create(
                "PayloadTooLarge", $"{e.Status.Detail} Return a reference to the data, not the data.", nonRetriable: true);
            await hub.CompleteActivityAsync(response, CancellationToken.None);
        }
    }

    public override void Dispose()
    {
        hub.Dispose();
        base.Dispose();
    }
}
