namespace Dapr.Actors;

/// <summary>Carries the sidecar's reentrancy id from an incoming call to the calls made while serving it.</summary>
internal static class ActorReentrancy
{
    public const string Header = "Dapr-Reentrancy-Id";

    private static readonly AsyncLocal<string?> Current = new();

    public static string? Id
    {
        get => Current.Value;
        set => Current.Value = value;
    }
}
