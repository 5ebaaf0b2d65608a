namespace SkyDriver.HtCondor.Tools;

/// <summary>One call of a tool of HTCondor.</summary>
/// <param name="Tool">Such as <c>condor_q</c>.</param>
/// <param name="Folder">Where it runs; null is the root.</param>
/// <param name="Limit">The tool and all that it started are killed then.</param>
internal sealed record ToolCall(string Tool, IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Environment, string? Folder, TimeSpan Limit);

/// <summary>What a tool answered.</summary>
/// <param name="ExitCode">128 + n when signal n ended it.</param>
/// <param name="Error">What it wrote to its error stream, of which the first 64 KiB are kept.</param>
internal sealed record ToolAnswer<T>(int ExitCode, T Output, string Error);

/// <summary>A tool did not answer in time and was killed.</summary>
internal sealed class ToolTimeoutException(string tool, TimeSpan limit) : Exception($"{tool} did not answer within {limit.TotalSeconds:0.#} s and was killed");
