namespace Grpc.Core;

/// <summary>A status code with the sentence that explains it.</summary>
public readonly struct Status(StatusCode statusCode, string detail)
{
    /// <summary>The outcome of a call that worked.</summary>
    public static readonly Status DefaultSuccess = new(StatusCode.OK, "");

    /// <summary>The outcome of a call that was given up.</summary>
    public static readonly Status DefaultCancelled = new(StatusCode.Cancelled, "");

    public StatusCode StatusCode { get; } = statusCode;

    public string Detail => detail ?? "";

    public override string ToString() => $"Status(StatusCode=\"{StatusCode}\", Detail=\"{Detail}\")";
}
