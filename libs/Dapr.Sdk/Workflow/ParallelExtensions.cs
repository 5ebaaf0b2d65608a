namespace Dapr.Workflow;

/// <summary>Fan-out with a limit.</summary>
public static class ParallelExtensions
{
    /// <summary>Runs a task per input, at most so many at once; results keep the order of the inputs.</summary>
    public static async Task<TResult[]> ProcessInParallelAsync<TInput, TResult>(
        this WorkflowContext context, IEnumerable<TInput> inputs, Func<TInput, Task<TResult>> taskFactory, int maxConcurrency = 5)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(taskFactory);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxConcurrency, 1);
        var all = inputs.ToArray();
        var results = new TResult[all.Length];
        var running = new List<Task>(Math.Min(maxConcurrency, all.Length));
        for (int i = 0; i < all.Length; i++)
        {
            if (running.Count == maxConcurrency)
            {
                var done = await Task.WhenAny(running);
                running.Remove(done);
                await done;
            }

            running.Add(RunAsync(i));
        }

        await Task.WhenAll(running);
        return results;

        async Task RunAsync(int index) => results[index] = await taskFactory(all[index]);
    }
}
