namespace SkyDriver.HtCondor.Settings;

/// <summary>Metadata of the component.</summary>
/// <param name="ToolsFolder">Null looks the tools up in PATH.</param>
/// <param name="StateFolder">Private to this installation.</param>
/// <param name="ToolTimeout">For questions, removals and transfers of output.</param>
/// <param name="SubmitTimeout">For one submission.</param>
/// <param name="SettleTime">How long after a submission of unknown outcome its jobs may still come to light.</param>
/// <param name="HistoryTime">For how long finished jobs are listed.</param>
/// <param name="HistoryScanLimit">Most records of the schedd's history that one question reads.</param>
internal sealed record LauncherSettings(
    string Instance,
    string? ToolsFolder,
    string StateFolder,
    TimeSpan ToolTimeout,
    TimeSpan SubmitTimeout,
    TimeSpan SettleTime,
    TimeSpan HistoryTime,
    int HistoryScanLimit,
    IReadOnlyList<PlaceSettings> Places);
