namespace Dapr.Actors.Runtime;

/// <summary>A value that may be missing.</summary>
public struct ConditionalValue<TValue>(bool hasValue, TValue value)
{
    public bool HasValue { get; } = hasValue;

    public TValue Value { get; } = value;
}
