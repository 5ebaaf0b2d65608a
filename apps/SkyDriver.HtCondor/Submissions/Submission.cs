namespace SkyDriver.HtCondor.Submissions;

/// <summary>A submission that is known to have been made.</summary>
/// <param name="Folder">Its files on this machine, absolute.</param>
internal sealed record Submission(string ScanId, string Key, int ClusterId, int Count, string Folder);
