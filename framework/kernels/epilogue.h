/* What a product does to its output before it stores it: bias, then at most one of these. */
#ifndef LAM_EPILOGUE_H
#define LAM_EPILOGUE_H

typedef enum lam_epilogue {
	LAM_EPILOGUE_NONE,
	LAM_EPILOGUE_RELU              /* max(0, y); NaN stays NaN */
} lam_epilogue;

#endif
