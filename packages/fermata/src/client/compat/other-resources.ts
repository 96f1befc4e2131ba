/** The same for the resources that such a client hands out. */
export const processor = {
  details: "GET /processors/:processorId @",
  execute: "POST /processors/:processorId/execute *",
} as const;
export const dynamicWorkflow = {
  details: "GET /stored/workflows/:dynamicWorkflowId",
  delete: "DELETE /stored/workflows/:dynamicWorkflowId",
} as const;
export const storedAgent = {
  details: "GET /stored/agents/:storedAgentId @ *",
  update: "PATCH /stored/agents/:storedAgentId * @",
  export: "POST /stored/agents/:storedAgentId/export *",
  openChangeRequest: "POST /stored/agents/:storedAgentId/change-request *",
  delete: "DELETE /stored/agents/:storedAgentId @",
  dependents: "GET /stored/agents/:storedAgentId/dependents @",
  favorite: "PUT /stored/agents/:storedAgentId/favorite @",
  unfavorite: "DELETE /stored/agents/:storedAgentId/favorite @",
  listVersions: "GET /stored/agents/:storedAgentId/versions * @",
  createVersion: "POST /stored/agents/:storedAgentId/versions * @",
  getVersion: "GET /stored/agents/:storedAgentId/versions/:versionId versionId @",
  activateVersion: "POST /stored/agents/:storedAgentId/versions/:versionId/activate versionId @",
  restoreVersion: "POST /stored/agents/:storedAgentId/versions/:versionId/restore versionId @",
  deleteVersion: "DELETE /stored/agents/:storedAgentId/versions/:versionId versionId @",
  compareVersions: "GET /stored/agents/:storedAgentId/versions/compare fromId toId @",
} as const;
export const storedPromptBlock = {
  details: "GET /stored/prompt-blocks/:storedPromptBlockId @ *",
  update: "PATCH /stored/prompt-blocks/:storedPromptBlockId * @",
  delete: "DELETE /stored/prompt-blocks/:storedPromptBlockId @",
  listVersions: "GET /stored/prompt-blocks/:storedPromptBlockId/versions * @",
  createVersion: "POST /stored/prompt-blocks/:storedPromptBlockId/versions * @",
  getVersion: "GET /stored/prompt-blocks/:storedPromptBlockId/versions/:versionId versionId @",
  activateVersion: "POST /stored/prompt-blocks/:storedPromptBlockId/versions/:versionId/activate versionId @",
  restoreVersion: "POST /stored/prompt-blocks/:storedPromptBlockId/versions/:versionId/restore versionId @",
  deleteVersion: "DELETE /stored/prompt-blocks/:storedPromptBlockId/versions/:versionId versionId @",
  compareVersions: "GET /stored/prompt-blocks/:storedPromptBlockId/versions/compare fromId toId @",
} as const;
export const storedMCPClient = {
  details: "GET /stored/mcp-clients/:storedMCPClientId @",
  update: "PATCH /stored/mcp-clients/:storedMCPClientId * @",
  delete: "DELETE /stored/mcp-clients/:storedMCPClientId @",
} as const;
export const storedScorer = {
  details: "GET /stored/scorers/:storedScorerId @ *",
  update: "PATCH /stored/scorers/:storedScorerId * @",
  delete: "DELETE /stored/scorers/:storedScorerId @",
  listVersions: "GET /stored/scorers/:storedScorerId/versions * @",
  createVersion: "POST /stored/scorers/:storedScorerId/versions * @",
  getVersion: "GET /stored/scorers/:storedScorerId/versions/:versionId versionId @",
  activateVersion: "POST /stored/scorers/:storedScorerId/versions/:versionId/activate versionId @",
  restoreVersion: "POST /stored/scorers/:storedScorerId/versions/:versionId/restore versionId @",
  deleteVersion: "DELETE /stored/scorers/:storedScorerId/versions/:versionId versionId @",
  compareVersions: "GET /stored/scorers/:storedScorerId/versions/compare fromId toId @",
} as const;
export const storedSkill = {
  details: "GET /stored/skills/:storedSkillId @",
  update: "PATCH /stored/skills/:storedSkillId * @",
  delete: "DELETE /stored/skills/:storedSkillId @",
  favorite: "PUT /stored/skills/:storedSkillId/favorite @",
  unfavorite: "DELETE /stored/skills/:storedSkillId/favorite @",
} as const;
export const toolProvider = {
  listToolkits: "GET /tool-providers/:providerId/toolkits",
  listTools: "GET /tool-providers/:providerId/tools *",
  getToolSchema: "GET /tool-providers/:providerId/tools/:toolSlug/schema toolSlug",
  authorize: "POST /tool-providers/:providerId/authorize *",
  getAuthStatus: "GET /tool-providers/:providerId/auth-status/:authId authId",
  getConnectionStatus: "POST /tool-providers/:providerId/connection-status *",
  listConnections: "GET /tool-providers/:providerId/connections *",
  listConnectionFields: "GET /tool-providers/:providerId/connection-fields *",
  disconnectConnection: "DELETE /tool-providers/:providerId/connections/:connectionId connectionId *",
  updateConnection: "PATCH /tool-providers/:providerId/connections/:connectionId connectionId *",
  getConnectionUsage: "GET /tool-providers/:providerId/connections/:connectionId/usage connectionId *",
  getHealth: "GET /tool-providers/:providerId/health",
} as const;
export const processorProvider = {
  details: "GET /processor-providers/:providerId",
} as const;
export const workspace = {
  info: "GET /workspaces/:workspaceId",
  readFile: "GET /workspaces/:workspaceId/fs/read path encoding",
  writeFile: "POST /workspaces/:workspaceId/fs/write path content *",
  listFiles: "GET /workspaces/:workspaceId/fs/list path recursive",
  delete: "DELETE /workspaces/:workspaceId/fs/delete path *",
  mkdir: "POST /workspaces/:workspaceId/fs/mkdir path recursive",
  stat: "GET /workspaces/:workspaceId/fs/stat path",
  search: "GET /workspaces/:workspaceId/search *",
  index: "POST /workspaces/:workspaceId/index *",
  listSkills: "GET /workspaces/:workspaceId/skills",
  searchSkills: "GET /workspaces/:workspaceId/skills/search *",
} as const;
export const workspaceSkill = {
  details: "GET /workspaces/:workspaceId/skills/:skillName",
  listReferences: "GET /workspaces/:workspaceId/skills/:skillName/references",
  getReference: "GET /workspaces/:workspaceId/skills/:skillName/references/:referencePath referencePath",
} as const;
export const mcpTool = {
  details: "GET /mcp/:serverId/tools/:toolId @",
  execute: "POST /mcp/:serverId/tools/:toolId/execute *",
} as const;
export const agentBuilder = {
  createRun: "POST /agent-builder/:actionId/create-run *",
  startAsync: "POST /agent-builder/:actionId/start-async * runId",
  startActionRun: "POST /agent-builder/:actionId/start * runId",
  resume: "POST /agent-builder/:actionId/resume * runId",
  resumeAsync: "POST /agent-builder/:actionId/resume-async * runId",
  stream: "POST~ /agent-builder/:actionId/stream * runId",
  observeStream: "POST~ /agent-builder/:actionId/observe *",
  observeStreamLegacy: "POST~ /agent-builder/:actionId/observe-stream-legacy *",
  resumeStream: "POST~ /agent-builder/:actionId/resume-stream *",
  runById: "GET /agent-builder/:actionId/runs/:runId runId *",
  details: "GET /agent-builder/:actionId",
  runs: "GET /agent-builder/:actionId/runs *",
  cancelRun: "POST /agent-builder/:actionId/runs/:runId/cancel runId",
} as const;
export const agentController = {
  listModes: "GET /agent-controller/:controllerId/modes",
  listModels: "GET /agent-controller/:controllerId/models",
  listActiveRuns: "GET /agent-controller/:controllerId/active-runs",
  workspaceStatus: "GET /agent-controller/:controllerId/workspace",
} as const;
export const agentControllerSession = {
  create: "POST /agent-controller/:controllerId/sessions *",
  subscribe: "GET~ /agent-controller/:controllerId/sessions/:resourceId/stream *",
  sendMessage: "POST /agent-controller/:controllerId/sessions/:resourceId/messages message *",
  abort: "POST /agent-controller/:controllerId/sessions/:resourceId/abort",
  approveTool: "POST /agent-controller/:controllerId/sessions/:resourceId/tool-approval toolCallId approved *",
  respondToToolSuspension: "POST /agent-controller/:controllerId/sessions/:resourceId/tool-suspension toolCallId resumeData *",
  steer: "POST /agent-controller/:controllerId/sessions/:resourceId/steer message *",
  state: "GET /agent-controller/:controllerId/sessions/:resourceId *",
  setState: "PUT /agent-controller/:controllerId/sessions/:resourceId/state *",
  switchMode: "POST /agent-controller/:controllerId/sessions/:resourceId/mode modeId",
  switchModel: "POST /agent-controller/:controllerId/sessions/:resourceId/model modelId *",
  listThreads: "GET /agent-controller/:controllerId/sessions/:resourceId/threads *",
  switchThread: "POST /agent-controller/:controllerId/sessions/:resourceId/thread threadId",
  createThread: "POST /agent-controller/:controllerId/sessions/:resourceId/threads title",
  deleteThread: "DELETE /agent-controller/:controllerId/sessions/:resourceId/threads/:threadId threadId",
  renameThread: "PUT /agent-controller/:controllerId/sessions/:resourceId/threads/:threadId threadId title",
  cloneThread: "POST /agent-controller/:controllerId/sessions/:resourceId/threads/clone *",
  listMessages: "GET /agent-controller/:controllerId/sessions/:resourceId/threads/:threadId/messages threadId *",
  followUp: "POST /agent-controller/:controllerId/sessions/:resourceId/follow-up message *",
  getOMRecord: "GET /agent-controller/:controllerId/sessions/:resourceId/om",
  setResourceId: "POST /agent-controller/:controllerId/sessions/:resourceId/resource newResourceId",
  getResourceIds: "GET /agent-controller/:controllerId/sessions/:resourceId/resources",
  getGoal: "GET /agent-controller/:controllerId/sessions/:resourceId/goal",
  setGoal: "POST /agent-controller/:controllerId/sessions/:resourceId/goal objective *",
  updateGoal: "PUT /agent-controller/:controllerId/sessions/:resourceId/goal *",
  clearGoal: "DELETE /agent-controller/:controllerId/sessions/:resourceId/goal",
  getPermissions: "GET /agent-controller/:controllerId/sessions/:resourceId/permissions",
  setPermissionForCategory: "PUT /agent-controller/:controllerId/sessions/:resourceId/permissions/category category policy",
  setPermissionForTool: "PUT /agent-controller/:controllerId/sessions/:resourceId/permissions/tool toolName policy",
  sendNotification: "POST /agent-controller/:controllerId/sessions/:resourceId/notifications *",
} as const;
export const channels = {
  listPlatforms: "GET /channels/platforms",
  listInstallations: "GET /channels/:platform/installations platform agentId",
  connect: "POST /channels/:platform/connect platform agentId *",
  disconnect: "POST /channels/:platform/:agentId/disconnect platform agentId",
} as const;
