using System.Text.Json;

namespace Dapr.Workflow.Worker;

/// <summary>A task of the workflow that history will complete. Continuations run at once, on the replaying thread.</summary>
internal abstract class PendingTask(string description)
{
    /// <summary>For error texts, as "activity 'x'".</summary>
    public string Description { get; } = description;

    public abstract void Complete(string? payload);

    public abstract void Fail(Exception cause);

    public abstract void Cancel(CancellationToken token);
}

/// <summary>A pending task with a typed result.</summary>
internal sealed class PendingTask<T>(string description) : PendingTask(description)
{
    private readonly TaskCompletionSource<T> _source = new();

    public Task<T> Task => _source.Task;

    public override void Complete(string? payload)
    {
        T result;
        try
        {
            result = WorkflowJson.Read<T>(payload);
        }
        catch (JsonException e)
        {
            Fail(new InvalidOperationException($"The result of {Description} cannot be read as {typeof(T).Name}: {e.Message}", e));
            return;
        }

        _source.TrySetResult(result);
    }

    public override void Fail(Exception cause) => _source.TrySetException(cause);

    public override void Cancel(CancellationToken token) => _source.TrySetCanceled(token);
}
