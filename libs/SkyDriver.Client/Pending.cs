using System.Runtime.CompilerServices;

namespace SkyDriver.Client;

/// <summary>The answer to a write that may not have been sent yet.</summary>
public sealed class Pending<T>
{
    private readonly Task<T> _answer;

    internal Pending(Task<T> answer) => _answer = answer;

    /// <summary>Not answered yet.</summary>
    public bool IsPending => !_answer.IsCompleted;

    /// <summary>The answer; blocks until it is there.</summary>
    public T Value => _answer.GetAwaiter().GetResult();

    public Task<T> AsTask() => _answer;

    public TaskAwaiter<T> GetAwaiter() => _answer.GetAwaiter();

    internal Pending<TPart> Select<TPart>(Func<T, TPart> part)
    {
        return new(PartAsync());

        async Task<TPart> PartAsync() => part(await _answer);
    }
}

internal static class Pending
{
    public static Pending<T> Of<T>(T known) => new(Task.FromResult(known));
}
