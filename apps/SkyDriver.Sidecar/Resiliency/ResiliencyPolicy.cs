using System.Runtime.ExceptionServices;

namespace SkyDriver.Sidecar.Resiliency;

/// <summary>Timeout, circuit breaker and retry around something that may fail, in this order from within, as in Dapr.</summary>
internal sealed class ResiliencyPolicy
{
    private readonly TimeSpan? _timeout;
    private readonly RetrySpec? _retry;
    private readonly CircuitBreaker? _breaker;
    private readonly TimeProvider _clock;
    private readonly Func<double> _dice;

    /// <param name="timeout">Of each attempt; null = none.</param>
    /// <param name="dice">Spreads pauses; gives numbers in [0, 1). Null throws them at random.</param>
    public ResiliencyPolicy(TimeSpan? timeout, RetrySpec? retry, CircuitBreaker? breaker, TimeProvider clock, Func<double>? dice = null) =>
        (_timeout, _retry, _breaker, _clock, _dice) = (timeout, retry, breaker, clock, dice ?? Random.Shared.NextDouble);

    /// <summary>One attempt, as if there were no policy; costs nothing.</summary>
    public static ResiliencyPolicy None { get; } = new(null, null, null, TimeProvider.System);

    public bool IsNone => _timeout is null && _retry is null && _breaker is null;

    /// <summary>More than one attempt may be made, so what is sent must be there to be sent again.</summary>
    public bool Repeats => _retry is not null;

    /// <summary>Makes attempts until one is no failure or the policy gives up; then returns or throws what the last one did.</summary>
    /// <param name="state">Handed to each attempt, so that it can be a static function.</param>
    /// <param name="judge">Of what an attempt returned; null = whatever returns is a success. What is not returned is disposed of.</param>
    /// <param name="judgeFault">Of what an attempt threw; null = <see cref="Verdict.Of"/>.</param>
    /// <exception cref="CircuitOpenException">The circuit breaker is open; never tried again.</exception>
    /// <exception cref="TimeoutException">The last attempt took too long.</exception>
    public ValueTask<T> ExecuteAsync<TState, T>(
        TState state, Func<TState, CancellationToken, ValueTask<T>> attempt, CancellationToken ct, Func<T, Verdict>? judge = null, Func<Exception, Verdict>? judgeFault = null) =>
        IsNone ? attempt(state, ct) : RunAsync(state, attempt, judge, judgeFault ?? Verdict.Of, ct);

    /// <inheritdoc cref="ExecuteAsync{TState,T}"/>
    public ValueTask<T> ExecuteAsync<T>(
        Func<CancellationToken, ValueTask<T>> attempt, CancellationToken ct, Func<T, Verdict>? judge = null, Func<Exception, Verdict>? judgeFault = null) =>
        ExecuteAsync(attempt, static (call, token) => call(token), ct, judge, judgeFault);

    private async ValueTask<T> RunAsync<TState, T>(
        TState state, Func<TState, CancellationToken, ValueTask<T>> attempt, Func<T, Verdict>? judge, Func<Exception, Verdict> judgeFault, CancellationToken ct)
    {
        for (int made = 0; ; made++)
        {
            int? ticket = _breaker?.Enter();
            Outcome<T> outcome = await TryAsync(state, attempt, judge, judgeFault, ct);
            bool givenUp = outcome.Fault is not null && ct.IsCancellationRequested, refused = outcome.Fault?.SourceException is CircuitOpenException;
            if (ticket is { } entered) _breaker!.Leave(entered, givenUp ? null : outcome.Verdict.IsFailure);
            if (givenUp || refused || !outcome.Verdict.IsFailure || _retry is null || !_retry.Covers(outcome.Verdict, made)) return outcome.Unwrap();
            (outcome.Result as IDisposable)?.Dispose();
            await Task.Delay(_retry.Pause(made + 1, _dice()), _clock, ct);
        }
    }

    private async ValueTask<Outcome<T>> TryAsync<TState, T>(
        TState state, Func<TState, CancellationToken, ValueTask<T>> attempt, Func<T, Verdict>? judge, Func<Exception, Verdict> judgeFault, CancellationToken ct)
    {
        try
        {
            T result = _timeout is { } limit ? await LimitAsync(state, attempt, limit, ct) : await attempt(state, ct);
            return new(judge?.Invoke(result) ?? Verdict.Success, result, null);
        }
        catch (Exception fault)
        {
            Verdict verdict = fault is TimeoutException or OperationCanceledException ? Verdict.Failure : judgeFault(fault);
            return new(verdict, default, ExceptionDispatchInfo.Capture(fault));
        }
    }

    private async ValueTask<T> LimitAsync<TState, T>(TState state, Func<TState, CancellationToken, ValueTask<T>> attempt, TimeSpan limit, CancellationToken ct)
    {
        using CancellationTokenSource timer = new(limit, _clock);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(ct, timer.Token);
        Task<T> running = attempt(state, either.Token).AsTask();
        try
        {
            // Not only by the token: an attempt that does not heed it is left behind.
            return await running.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (timer.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            _ = running.ContinueWith(static late => Abandon(late), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            throw new TimeoutException($"no answer within {limit.TotalSeconds:0.###} s (timeout policy)");
        }
    }

    private static void Abandon<T>(Task<T> late)
    {
        if (late.IsCompletedSuccessfully) (late.Result as IDisposable)?.Dispose();
        else _ = late.Exception;   // Looked at, so that it is not reported as forgotten.
    }

    private readonly record struct Outcome<T>(Verdict Verdict, T? Result, ExceptionDispatchInfo? Fault)
    {
        public T Unwrap()
        {
            Fault?.Throw();
            return Result!;
        }
    }
}
